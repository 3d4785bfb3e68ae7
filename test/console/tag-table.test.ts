import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openConsole } from "../../local/console/open-console.ts";
import { eventually } from "../fixtures/eventually.ts";
import { startBrowser } from "./browser.ts";

const tagOf = (key: string) => ({ key, state: "equal", lagMs: 1_000 });

describe("the console's table of tags", () => {
  const parts = new AsyncDisposableStack();
  let origin: string;
  let browser: Browser;

  /** A page whose API answers only what the test answers. */
  async function open(): Promise<Page> {
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    await page.route("**/api/**", (route) => route.fulfill({ status: 503, json: { detail: "nothing is here" } }));
    await page.goto(origin);
    await page.locator(".verdict.bad").waitFor();
    return page;
  }

  beforeAll(async () => {
    browser = await startBrowser();
    parts.defer(() => browser.close());
    const invoke = () => Promise.resolve({ kind: "returned", value: { statusCode: 503 } } as const);
    const api = { invoke, killAll: () => Promise.resolve(), close: () => Promise.resolve() };
    const server = parts.use(await openConsole({ api }, { pagePort: undefined }));
    origin = `http://${server.host}/`;
  }, 120_000);
  afterAll(() => parts.disposeAsync());

  it("has a hundred rows of 100,000 tags at a time, and keeps the focus and the rows while it reads more", async () => {
    await using page = await open();
    const held: (() => void)[] = [];
    let holds = false;
    await page.route("**/api/tags?**", async (route) => {
      const from = Number(new URL(route.request().url()).searchParams.get("cursor") ?? 0);
      if (holds) await new Promise<void>((resolve) => held.push(resolve));
      const tags = Array.from({ length: 100 }, (_, index) => tagOf(`local/app:v${from + index}`));
      await route.fulfill({ json: { tags, ...(from < 99_900 ? { cursor: String(from + 100) } : {}) } });
    });
    await page.getByRole("link", { name: "Tags", exact: true }).click();
    for (let next = 0; next < 20; next++) {
      await page.getByRole("link", { name: `local/app:v${next * 100}`, exact: true }).waitFor();
      expect(await page.locator("tbody tr").count()).toBe(100);
      await page.getByRole("button", { name: "Next" }).click();
    }
    await page.getByRole("link", { name: "local/app:v2000", exact: true }).waitFor();
    holds = true;
    await page.getByRole("button", { name: "Back" }).click();
    await eventually("the next page is being read", () => (held.length > 0 ? true : undefined));
    expect(await page.locator("[aria-busy=true] tbody tr").count()).toBe(100);
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Back");
    holds = false;
    for (const go of held) go();
    await page.getByRole("link", { name: "local/app:v1900", exact: true }).waitFor();
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Back");
  });

  it("fills a page with what a search finds, however many answers it takes", async () => {
    await using page = await open();
    await page.route("**/api/tags?**", (route) => {
      const cursor = Number(new URL(route.request().url()).searchParams.get("cursor") ?? 0);
      const found = cursor % 2 === 1 ? [tagOf(`local/rare:v${cursor}`)] : [];
      return route.fulfill({ json: { tags: found, ...(cursor < 6 ? { cursor: String(cursor + 1) } : {}) } });
    });
    await page.getByRole("link", { name: "Tags", exact: true }).click();
    await page.getByRole("link", { name: "local/rare:v5" }).waitFor();
    expect(await page.locator("tbody tr").count()).toBe(3);
    expect(await page.getByRole("button", { name: "Next" }).getAttribute("aria-disabled")).toBe("true");
  });
});
