import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openConsole } from "../../local/console/open-console.ts";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { startStack } from "../../local/stack/stack.ts";
import type { Stack } from "../../local/stack/stack.ts";
import type { Status } from "../../src/api/schemas/status.ts";
import { NEVER } from "../../src/async/abort.ts";
import { eventually } from "../fixtures/eventually.ts";
import { push } from "../fixtures/images/push.ts";
import { startClosedRegistry } from "../fixtures/servers/closed-registry.ts";
import type { ClosedRegistry } from "../fixtures/servers/closed-registry.ts";
import { addAxe, lookAt, LOOKS } from "./axe.ts";
import { startBrowser } from "../../bench/tools/browser.ts";

const AMD64 = { os: "linux", architecture: "amd64" };
const KEY = "local/mirror/team/app:v1";
/** Each page, and a text that only it has. */
const PAGES = {
  "": "Destinations",
  tags: "At the destination",
  [`tag/${encodeURIComponent(KEY)}`]: KEY,
  charts: "recounted from the receipts, in buckets",
  plan: "No plan has been made yet.",
  jobs: "There is no job yet.",
  letters: "target: target-name-unknown (1)",
  rules: "What happens to an image?",
  goal: "Budget used",
  nothing: "There is no such page.",
};
const PATIENCE_MS = 60_000;
/** The gate holds back what is larger. */
const RULES = `
rules:
  - name: held
    repositories: ["held/**"]
    destinations: [local]
    gate: { maxBytes: 5000 }
  - name: others
    repositories: ["**"]
    destinations: [local]
`;

describe("the console of a running stack", () => {
  const parts = new AsyncDisposableStack();
  let target: ClosedRegistry;
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

  async function pushTag(repository: string, tag: string, bytes = 3_000): Promise<void> {
    const image = imageOf([layer(`${repository}:${tag} ${bytes}`, bytes)], AMD64);
    await push(stack.source, image, { repository, tag }, NEVER);
  }

  const letters = async (count: number): Promise<void> => {
    await eventually(`${count} dead letters`, () =>
      stack.depth("dead-letters").visible === count && stack.depth("live").inFlight === 0 ? true : undefined,
    );
  };

  async function verdict(page: Page, text: RegExp): Promise<void> {
    await expect.poll(() => page.locator(".verdict").textContent(), { timeout: PATIENCE_MS }).toMatch(text);
  }

  /** Answers requests for the status with the stack's own, changed. */
  async function changeStatus(page: Page, change: (status: Status) => Partial<Status>): Promise<void> {
    await page.route("**/api/status", async (route) => {
      const response = await route.fetch();
      const status: Status = await response.json();
      await route.fulfill({ response, json: { ...status, ...change(status) } });
    });
  }

  beforeAll(async () => {
    browser = await startBrowser();
    parts.defer(() => browser.close());
    target = parts.use(await startClosedRegistry());
    stack = parts.use(
      await startStack({
        concurrency: 2,
        timeoutSeconds: 60,
        reconcileAfterMs: 3_600_000,
        target: { registry: target.host, prefix: "mirror" },
        external: RULES,
      }),
    );
    const server = parts.use(await openConsole(stack, { pagePort: undefined }));
    origin = `http://${server.host}`;
    for (const tag of ["v1", "v2"]) await pushTag("team/app", tag);
    await pushTag("held/app", "v1", 9_000);
    await pushTag("closed/app", "v1");
    await letters(1);
    await eventually("the other tags", async () => {
      const { tags }: Status = await fetch(`${origin}/api/status`).then((response) => response.json());
      return tags.equal === 2 && tags.quarantined === 1 ? true : undefined;
    });
  }, 600_000);
  afterAll(() => parts.disposeAsync());

  it("says first who is needed, and why", async () => {
    await using page = await open("");
    await verdict(page, /^2 tags need you: 1 failed, 1 quarantined, 1 dead letter$/);
    const rows = page.locator(".troubled li");
    await rows.filter({ hasText: "local/mirror/closed/app:v1failed: target-name-unknown" }).waitFor();
    await rows.filter({ hasText: "local/mirror/held/app:v1quarantined" }).waitFor();
    await page.getByRole("link", { name: "See why, and move them back" }).click();
    await page.getByText("1 dead letter, by reason:").waitFor();
    await page.getByRole("heading", { name: "target: target-name-unknown (1)" }).waitFor();
  });

  it("has nothing that axe finds, on each page, in light and dark and at 360 px", async () => {
    await using page = await open("", { bypassCSP: true });
    await addAxe(page);
    for (const [path, text] of Object.entries(PAGES)) {
      await page.evaluate(`location.hash = ${JSON.stringify(`#/${path}`)}`);
      await page.locator("main").getByText(text).waitFor();
      await eventually("nothing is being read", async () =>
        (await page.getByText(/^Reading/).count()) === 0 ? true : undefined,
      );
      for (const look of LOOKS)
        expect({ path, look, ...(await lookAt(page, look)) }).toEqual({ path, look, overflow: false, found: [] });
    }
    expect(problems).toEqual([]);
  });

  it("leads to the tags that the first page has no room for, by their states", async () => {
    await using page = await open("");
    await changeStatus(page, ({ behind, tags }) => {
      const failed = behind.filter(({ state }) => state === "failed");
      const more = failed.flatMap((tag) => Array.from({ length: 12 }, (_, n) => ({ ...tag, key: `${tag.key}.${n}` })));
      return { behind: [...more, ...behind], tags: { ...tags, failed: 13 } };
    });
    await page.getByRole("link", { name: "1 more failed" }).waitFor();
    await page.getByRole("link", { name: "1 more quarantined" }).click();
    await page.getByRole("link", { name: "local/mirror/held/app:v1" }).waitFor();
    expect(await page.locator("tbody tr").count()).toBe(1);
  });

  it("moves back the dead letters that it has shown, and no letter that came after them", async () => {
    await using page = await open("letters");
    await page.getByRole("heading", { name: "target-name-unknown (1)" }).waitFor();
    await letters(1);
    await pushTag("closed/app", "v2");
    await letters(2);
    target.isClosed = false;
    await page.getByRole("button", { name: "Move 1 back …" }).click();
    await page.getByRole("button", { name: "Leave them" }).click();
    await page.getByRole("button", { name: "Move 1 back …" }).click();
    await page.getByRole("button", { name: "Move 1 back", exact: true }).click();
    await page.getByText("1 dead letter moved back to the queues.").waitFor();
    expect(await page.evaluate("document.activeElement.getAttribute('role')")).toBe("status");
    await verdict(page, /^2 tags need you: 1 failed, 1 quarantined, 1 dead letter$/);
    await page.getByRole("button", { name: "Look again" }).click();
    await page.getByText("closed/app:v2").waitFor();
    await page.getByRole("button", { name: "Move 1 back …" }).click();
    await page.getByRole("button", { name: "Move 1 back", exact: true }).click();
    await verdict(page, /^1 tag needs you: 1 quarantined$/);
  });

  it("is content when an image comes that the gate lets pass", async () => {
    await using page = await open("");
    await pushTag("held/app", "v1", 2_000);
    await verdict(page, /^All 5 tags up to date, p95 lag .* this month$/);
    expect(await page.getByRole("link", { name: KEY }).count()).toBe(1);
    expect(await page.getByText("It accepts copies.").count()).toBe(1);
    expect(await page.locator(".troubled").count()).toBe(0);
  });

  it("pauses and resumes a destination, which its first line says, too", async () => {
    await using page = await open("");
    await page.getByRole("button", { name: "pause local" }).click();
    await page.getByText("It will be done within a minute.").waitFor();
    expect(await stack.probe()).toMatchObject({ kind: "returned" });
    await verdict(page, /^All 5 tags up to date; local is paused$/);
    await page.getByText(/has paused it: pushes wait\.$/).waitFor();
    expect(await page.getByText("It will be done within a minute.").count()).toBe(0);
    await page.getByRole("button", { name: "resume local" }).click();
    await page.getByText("It will be done within a minute.").waitFor();
    expect(await stack.probe()).toMatchObject({ kind: "returned" });
    await verdict(page, /^All 5 tags up to date, p95/);
  });

  it("says that a destination is unavailable, also when nothing waits for it", async () => {
    await using page = await open("");
    await changeStatus(page, ({ destinations }) => ({
      destinations: destinations.map((each) => ({ ...each, circuit: { state: "open", since: 0 } })),
    }));
    await verdict(page, /^All 5 tags up to date; local is unavailable$/);
  });

  it("keeps a selection while it is updated", async () => {
    await using page = await open("");
    await page.evaluate(
      `getSelection().selectAllChildren([...document.querySelectorAll("a.tag")].find((a) => a.textContent === ${JSON.stringify(KEY)}))`,
    );
    await pushTag("team/app", "v3");
    await page.getByRole("link", { name: "team/app:v3" }).first().waitFor();
    expect(await page.evaluate("getSelection().toString()")).toBe(KEY);
  });

  it("finds a tag by the keyboard alone, and shows its timeline", async () => {
    await using page = await open("");
    await page.keyboard.press("/");
    await page.locator("#search:focus").waitFor();
    await page.keyboard.type("TEAM/app:v1");
    await eventually("one row", async () => ((await page.locator("tbody tr").count()) === 1 ? true : undefined));
    await page.locator("tbody a.tag").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: KEY }).waitFor();
    expect(await page.locator(".timeline li").first().textContent()).toMatch(
      /^replicated .* after its push · .* sent · by others/,
    );
  });

  it("explains what happens to an image", async () => {
    await using page = await open("rules");
    await page.getByLabel("Image of the source").fill("team/new:v9");
    await page.keyboard.press("Enter");
    await page.getByText("team/new:v9 is copied, by others").waitFor();
  });

  it("looks old when there are no answers any more, and says since when", async () => {
    await using page = await open("");
    await page.route("**/api/**", (route) => route.abort());
    await page.locator(".verdict.old").waitFor();
    expect(await page.locator(".verdict").textContent()).toMatch(
      /^No answer: this is the state of .*\. Freightliner does not answer.* \d+ s old$/,
    );
    expect(await page.locator("main.stale").count()).toBe(1);
    await page.unroute("**/api/**");
    await page.locator(".verdict.good").waitFor();
  });

  it("shows names as text, whatever they contain", async () => {
    await using page = await open("");
    await changeStatus(page, ({ arrived }) => ({
      arrived: arrived.map((tag) => ({ ...tag, key: `<img src=x onerror=alert(1)>${tag.key}` })),
    }));
    await page.getByText("<img src=x onerror=alert(1)>").first().waitFor();
    expect(await page.locator("main img").count()).toBe(0);
  });
});
