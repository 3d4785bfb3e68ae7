import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { addAxe, lookAt, LOOKS } from "./axe.ts";
import { openFakedConsole } from "./faked-console.ts";
import type { Faked, FakedConsole } from "./faked-console.ts";

const tagOf = (key: string, lagMs = 1_000) => ({ key, state: "equal", lagMs });
/** Far fewer than there may be, and far more than the page has rows. */
const MANY = 4_000;
/** Rows that the page may have: those that are seen at 800 pixels, and 50 before and after them. */
const MOST_ROWS = 130;

describe("the console's table of tags", () => {
  let faked: FakedConsole;

  beforeAll(async () => {
    faked = await openFakedConsole();
  }, 120_000);
  afterAll(() => faked[Symbol.asyncDispose]());

  /** Answers as the API does, from a list. @param lagMs of each tag. */
  const listed =
    (keys: readonly string[], lagMs = () => 1_000) =>
    (path: string): Faked | undefined => {
      const { pathname, searchParams } = new URL(path, "http://console");
      if (pathname !== "/api/tags") return undefined;
      const [from, limit] = [Number(searchParams.get("cursor") ?? 0), Number(searchParams.get("limit"))];
      const found = keys.filter((key) => key.includes(searchParams.get("search") ?? ""));
      const tags = found.slice(from, from + limit).map((key) => tagOf(key, lagMs()));
      return { json: { tags, ...(from + limit < found.length ? { cursor: String(from + limit) } : {}) } };
    };

  const numbered = (count: number) => Array.from({ length: count }, (_, index) => `local/app:v${index}`);
  const focused = (page: Page): Promise<string> => page.evaluate("document.activeElement.textContent");
  const rows = (page: Page) => page.locator("tbody tr[data-key]");

  it("leads to the last of many tags by keyboard, and has few rows wherever it is", async () => {
    await using page = await faked.open("tags", listed(numbered(MANY)), { bypassCSP: true });
    await page.getByRole("link", { name: "local/app:v0", exact: true }).focus();
    await page.keyboard.press("ArrowDown");
    expect(await focused(page)).toBe("local/app:v1");
    await page.keyboard.press("End");
    await page.getByText("These are all tags.").waitFor();
    await expect.poll(() => focused(page)).toBe(`local/app:v${MANY - 1}`);
    await page.getByText("4,000 tags in all").waitFor();
    expect(await rows(page).count()).toBeLessThan(MOST_ROWS);
    expect(await page.getByRole("table").getAttribute("aria-rowcount")).toBe(String(MANY + 1));
    expect(await rows(page).last().getAttribute("aria-rowindex")).toBe(String(MANY + 1));
    await page.keyboard.press("ArrowUp");
    expect(await focused(page)).toBe(`local/app:v${MANY - 2}`);
    // The row is seen, and not only in the page.
    const seen = `(() => {
      const [at, region] = [document.activeElement, document.querySelector(".tall")].map((each) => each.getBoundingClientRect());
      return at.top >= region.top && at.bottom <= region.bottom;
    })()`;
    expect(await page.evaluate(seen)).toBe(true);
    await addAxe(page);
    for (const look of LOOKS) expect(await lookAt(page, look)).toEqual({ overflow: false, found: [] });
    await page.keyboard.press("Home");
    expect(await focused(page)).toBe("local/app:v0");
    expect(await page.evaluate("document.querySelector('.tall').scrollTop")).toBe(0);
    expect(faked.problems).toEqual([]);
  });

  it("reads on as it is scrolled, and keeps the focus and a selection that are far away by then", async () => {
    let lagMs = 1_000;
    const answer = listed(numbered(MANY), () => lagMs);
    await using page = await faked.open("tags", answer);
    await page.getByRole("link", { name: "local/app:v3", exact: true }).focus();
    await page.evaluate(
      `getSelection().selectAllChildren(document.querySelector('tr[data-key="local/app:v5"] a.tag'))`,
    );
    const scrollTo = (row: number) =>
      page.evaluate(
        `{ const t = document.querySelector(".tall"); t.scrollTop = ${row} * t.querySelector("tr[data-key]").offsetHeight; }`,
      );
    await eventually("the end has been read", async () => {
      await scrollTo(MANY);
      return (await page.getByText("4,000 tags in all").count()) === 1 ? true : undefined;
    });
    await scrollTo(MANY);
    await page.getByRole("link", { name: `local/app:v${MANY - 1}`, exact: true }).waitFor();
    expect(await rows(page).count()).toBeLessThan(MOST_ROWS);
    expect(await focused(page)).toBe("local/app:v3");
    expect(await page.evaluate("getSelection().toString()")).toBe("local/app:v5");
    lagMs = 5_000;
    await page.locator(`tr[data-key="local/app:v${MANY - 1}"]`, { hasText: "5 s ago" }).waitFor();
    await scrollTo(0);
    await page.locator('tr[data-key="local/app:v3"]').waitFor();
    expect(await focused(page)).toBe("local/app:v3");
    expect(await page.evaluate("getSelection().toString()")).toBe("local/app:v5");
  });

  it("has all rows of a few hundred tags in the page, for the browser's own search", async () => {
    await using page = await faked.open("tags", listed(numbered(450)));
    await page.getByText("450 tags in all").waitFor();
    expect(await rows(page).count()).toBe(450);
  });

  it("shows a tag that was pushed meanwhile, once, also between two readings", async () => {
    const keys = numbered(900);
    await using page = await faked.open("tags", (path) => listed(keys)(path));
    await page.getByText("900 tags in all").waitFor();
    keys.splice(2, 0, "local/new:v1");
    await page.getByRole("link", { name: "local/new:v1" }).waitFor();
    await page.getByText("901 tags in all").waitFor();
    await page.locator(".tall").focus();
    await page.keyboard.press("End");
    await page.getByRole("link", { name: "local/app:v899", exact: true }).waitFor();
    expect(await page.getByRole("link", { name: "local/app:v898", exact: true }).count()).toBe(1);
  });

  it("fills a page with what a search finds, however many answers it takes, and reads no further unasked", async () => {
    let asked = 0;
    const sparse = (path: string): Faked | undefined => {
      const { pathname, searchParams } = new URL(path, "http://console");
      if (pathname !== "/api/tags") return undefined;
      asked++;
      const cursor = Number(searchParams.get("cursor") ?? 0);
      const tags = cursor % 2 === 1 ? [tagOf(`local/rare:v${cursor}`)] : [];
      return { json: { tags, ...(cursor < 40 ? { cursor: String(cursor + 1) } : {}) } };
    };
    await using page = await faked.open("tags", sparse);
    await page.getByText("12 tags read so far").waitFor();
    expect([asked, await rows(page).count()]).toEqual([25, 12]);
    await page.getByRole("button", { name: "Read more" }).click();
    await page.getByText("20 tags in all").waitFor();
    expect(await rows(page).count()).toBe(20);
  });

  it("keeps the rows of a search until those of the next one are there", async () => {
    const held: (() => void)[] = [];
    await using page = await faked.open("tags", listed(numbered(600)));
    await page.getByText("600 tags in all").waitFor();
    await page.route("**/api/tags?search=**", async (route) => {
      await new Promise<void>((resolve) => held.push(resolve));
      await route.fulfill({ json: { tags: [tagOf("local/app:v7")] } });
    });
    await page.keyboard.press("/");
    await page.keyboard.type("v7");
    await eventually("the search is asked for", () => (held.length > 0 ? true : undefined));
    expect(await page.locator("[aria-busy=true] tbody tr[data-key]").count()).toBeGreaterThan(10);
    for (const go of held) go();
    await page.getByText("1 tag in all").waitFor();
    expect(await page.evaluate("document.activeElement.id")).toBe("search");
  });
});
