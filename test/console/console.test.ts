import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openConsole } from "../../local/console/open-console.ts";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { startStack } from "../../local/stack/stack.ts";
import type { Stack } from "../../local/stack/stack.ts";
import { NEVER } from "../../src/async/abort.ts";
import { eventually } from "../fixtures/eventually.ts";
import { push } from "../fixtures/images/push.ts";
import { startBrowser } from "./browser.ts";

const AMD64 = { os: "linux", architecture: "amd64" };
const KEY = "local/project/repository/team/app:v1";
const PAGES = ["", "tags", `tag/${encodeURIComponent(KEY)}`, "letters", "rules", "goal", "nothing"];
const PATIENCE_MS = 60_000;

describe("the console of a running stack", () => {
  const parts = new AsyncDisposableStack();
  let stack: Stack;
  let origin: string;
  let browser: Browser;
  const problems: string[] = [];

  async function open(path: string, options: Parameters<Browser["newPage"]>[0] = {}): Promise<Page> {
    const page = await browser.newPage(options);
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && /Content Security Policy/.test(message.text())) problems.push(message.text());
    });
    await page.goto(`${origin}/#/${path}`);
    await page.locator(".verdict:not(.busy)").waitFor();
    return page;
  }

  beforeAll(async () => {
    browser = await startBrowser();
    parts.defer(() => browser.close());
    stack = parts.use(await startStack({ concurrency: 2, timeoutSeconds: 60, reconcileAfterMs: 3_600_000 }));
    const server = parts.use(await openConsole(stack, { pagePort: undefined }));
    origin = `http://${server.host}`;
    for (const tag of ["v1", "v2"])
      await push(stack.source, imageOf([layer(tag, 5_000)], AMD64), { repository: "team/app", tag }, NEVER);
    await eventually("both tags arrive", async () => {
      const answer = await fetch(`${origin}/api/tags?state=equal`).then((response) => response.text());
      return answer.includes(":v1") && answer.includes(":v2") ? true : undefined;
    });
  }, 600_000);
  afterAll(() => parts.disposeAsync());

  it.each(["light", "dark"] as const)(
    "has nothing that axe finds, on each page, in %s and at 360 px",
    async (colorScheme) => {
      for (const width of [1280, 360]) {
        for (const path of PAGES) {
          const page = await open(path, { colorScheme, viewport: { width, height: 800 }, bypassCSP: true });
          await page.locator("main").waitFor();
          await eventually("nothing is being read", async () =>
            (await page.getByText(/^Reading/).count()) === 0 ? true : undefined,
          );
          await page.addScriptTag({ content: axe.source });
          const found: string = await page.evaluate(
            "axe.run().then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])))",
          );
          expect({ path, width, found: JSON.parse(found) as unknown }).toEqual({ path, width, found: [] });
          const overflow: boolean = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
          expect({ path, width, overflow }).toEqual({ path, width, overflow: false });
          await page.close();
        }
      }
      expect(problems).toEqual([]);
    },
  );

  it("says first whether all is well, and shows what has arrived", async () => {
    await using page = await open("");
    expect(await page.locator(".verdict").textContent()).toMatch(/^All 2 tags up to date, p95 lag \d+ s this month$/);
    expect(await page.getByRole("link", { name: KEY }).count()).toBe(1);
    expect(await page.getByText("It accepts copies.").count()).toBe(1);
  });

  it("keeps a selection while it is updated", async () => {
    await using page = await open("");
    await page.evaluate(
      `getSelection().selectAllChildren([...document.querySelectorAll("a.tag")].find((a) => a.textContent === ${JSON.stringify(KEY)}))`,
    );
    await push(stack.source, imageOf([layer("v3", 5_000)], AMD64), { repository: "team/app", tag: "v3" }, NEVER);
    await page.getByRole("link", { name: "team/app:v3" }).waitFor();
    expect(await page.evaluate("getSelection().toString()")).toBe(KEY);
  });

  it("finds a tag by the keyboard alone, and shows its timeline", async () => {
    await using page = await open("");
    await page.keyboard.press("/");
    await page.locator("#search:focus").waitFor();
    await page.keyboard.type("APP:v1");
    await eventually("one row", async () => ((await page.locator("tbody tr").count()) === 1 ? true : undefined));
    await page.locator("tbody a.tag").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: KEY }).waitFor();
    expect(await page.locator(".timeline li").first().textContent()).toMatch(
      /^replicated .* after its push · .* sent · by rule 1/,
    );
  });

  it("explains what happens to an image", async () => {
    await using page = await open("rules");
    await page.getByLabel("Image of the source").fill("team/new:v9");
    await page.keyboard.press("Enter");
    await page.getByText("team/new:v9 is copied, by rule 1").waitFor();
  });

  it("looks old when there are no answers any more, and says since when", async () => {
    await using page = await open("");
    await page.route("**/api/**", (route) => route.abort());
    await page.locator(".verdict.old").waitFor();
    expect(await page.locator(".verdict").textContent()).toMatch(
      /^No answer for \d+ s: this is the state of .*\. Freightliner does not answer/,
    );
    expect(await page.locator("main.stale").count()).toBe(1);
    await page.unroute("**/api/**");
    await page.locator(".verdict.good").waitFor();
  });

  it("shows names as text, whatever they contain", async () => {
    await using page = await open("");
    await page.route("**/api/status", async (route) => {
      const response = await route.fetch();
      const status: { arrived: { key: string }[] } = await response.json();
      await route.fulfill({
        response,
        json: { ...status, arrived: [{ ...status.arrived[0], key: "<img src=x onerror=alert(1)>" }] },
      });
    });
    await page.getByText("<img src=x onerror=alert(1)>").waitFor();
    expect(await page.locator("main img").count()).toBe(0);
  });

  it("has a hundred rows of 100,000 tags at a time", async () => {
    await using page = await open("");
    let asked = 0;
    await page.route("**/api/tags?**", (route) => {
      const from = Number(new URL(route.request().url()).searchParams.get("cursor") ?? 0);
      asked++;
      const tags = Array.from({ length: 100 }, (_, index) => ({
        key: `local/app:v${from + index}`,
        state: "equal",
        lagMs: 1_000,
      }));
      return route.fulfill({ json: { tags, ...(from < 99_900 ? { cursor: String(from + 100) } : {}) } });
    });
    await page.getByRole("link", { name: "Tags", exact: true }).click();
    for (let next = 0; next < 20; next++) {
      await page.getByRole("link", { name: `local/app:v${next * 100}`, exact: true }).waitFor();
      expect(await page.locator("tbody tr").count()).toBe(100);
      await page.getByRole("button", { name: "Next" }).click();
    }
    expect(asked).toBeGreaterThanOrEqual(20);
    await page.getByRole("button", { name: "Back" }).click();
    await page.getByRole("link", { name: "local/app:v1900", exact: true }).waitFor();
  });
});
