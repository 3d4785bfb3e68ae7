import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addAxe, lookAt } from "./axe.ts";
import { openFakedConsole } from "./faked-console.ts";
import type { FakedConsole } from "./faked-console.ts";

const PHONE = { width: 360, height: 740 } as const;
/** A name of two lines, and a line with the rest. */
const MOST_PX = 90;
const HOSTILE = `application/vnd.freightliner.demo.${"signature".repeat(8)}`;
const REPOSITORY = `team/platform/${"payments-service-worker".repeat(3)}`;
const KEY = `eu/mirror/${REPOSITORY}:2026.11.28-rc.1-linux-amd64`;
const DIGEST = `sha256:${"a".repeat(64)}`;
const at = Date.now() - 60_000;
const NAMES = Array.from({ length: 21 }, (_, n) =>
  n % 3 === 0
    ? `eu/mirror/app@sha256:${"b".repeat(62)}${n + 10}`
    : `local/team/platform/payments-service-worker:2026.11.28-rc.${n}-linux-amd64`,
);
const failed = { key: KEY, state: "failed", outcome: "failed: source-blob-unknown", lagMs: 9_000 };
const manifest = { digest: DIGEST, size: 500, bytes: 9, depth: 0, moreBlobs: 0 };
const job = { name: HOSTILE, timeoutSeconds: 600, retries: 2, enabled: true, task: { kind: "reconcile" } };
const goal = {
  destination: HOSTILE,
  counted: 9_999,
  inTime: 9,
  late: 1,
  failed: 1,
  pending: 0,
  percent: 99,
  budgetUsed: 0.1,
};
const ended = { id: "r", startedAt: at, endedAt: at, attempts: 1, outcome: { kind: "failed", reason: HOSTILE } };

const ANSWERS: Readonly<Record<string, unknown>> = {
  "/api/status": {
    at: Date.now(),
    tags: { all: 4, equal: 0, copying: 1, waiting: 1, failed: 1, skipped: 0, quarantined: 0, cancelled: 1 },
    deadLetters: 1,
    destinations: [
      {
        name: HOSTILE,
        circuit: { state: "open", since: at },
        queues: { state: "held", by: `arn:aws:iam::1:${HOSTILE}`, depths: [] },
        pending: { copies: 0, bytes: 0, late: 0, oldestMs: 0 },
      },
    ],
    pausedRepositories: [{ repository: REPOSITORY, by: HOSTILE, since: at, waiting: 1 }],
    comparisons: [{ name: HOSTILE, begins: HOSTILE }],
    behind: [
      failed,
      { ...failed, key: `${KEY}-2`, state: "copying", copy: 1, copyingMs: 1 },
      { ...failed, key: `${KEY}-3`, state: "waiting" },
      { ...failed, key: `${KEY}-4`, state: "cancelled", cancelled: { by: HOSTILE, at } },
    ],
    arrived: [{ key: KEY, digest: DIGEST, at }],
  },
  "/api/tags": {
    tags: NAMES.map((key, n) => ({ ...failed, key, state: n % 2 === 0 ? "failed" : "equal", digest: DIGEST })),
  },
  "/api/tag": failed,
  "/api/receipts": [
    {
      id: HOSTILE,
      destination: "eu",
      repository: REPOSITORY,
      reference: "v1",
      traceparent: `00-${"c".repeat(32)}-d-01`,
      outcome: `failed: ${HOSTILE}`,
      endedAt: at,
      digest: DIGEST,
      error: HOSTILE,
      leftOut: HOSTILE,
      rule: HOSTILE,
    },
  ],
  "/api/image": [{ destination: HOSTILE, state: "FAILED", reason: HOSTILE, digest: DIGEST, record: `${KEY}-us` }],
  "/api/contents": {
    digest: DIGEST,
    bytes: 9,
    moreManifests: 0,
    moreAttached: 0,
    moreTags: 0,
    tags: [HOSTILE],
    manifests: [{ ...manifest, mediaType: HOSTILE, blobs: [{ digest: "aaaaaaaaaaaa", mediaType: HOSTILE, size: 9 }] }],
    attached: [{ ...manifest, mediaType: HOSTILE, artifactType: HOSTILE, subject: "aaaaaaaaaaaa", blobs: [] }],
  },
  "/api/dead-letters": {
    all: 1,
    selected: [
      {
        id: "1",
        class: "image",
        reason: "source-blob-unknown",
        error: `cannot read ${HOSTILE}`,
        destination: HOSTILE,
        repository: REPOSITORY,
        reference: "v1",
        failedAt: at,
        redriven: false,
      },
    ],
  },
  "/api/rules": {
    configuration: DIGEST,
    rules: [{ name: HOSTILE, destinations: [HOSTILE], gate: [HOSTILE] }],
  },
  "/api/slo": { month: "2026-11", goal: { percent: 99.9, withinMs: 300_000 }, destinations: [goal] },
  "/api/jobs": [{ version: 1, job }],
  [`/api/jobs/${encodeURIComponent(HOSTILE)}/history`]: { history: [ended] },
  "/api/plan": { running: [] },
  "/api/verification": { running: [] },
};

/** Each page, and a text that only it has. */
const PAGES: Readonly<Record<string, string>> = {
  "": "Comparisons of both ends",
  [`tag/${encodeURIComponent(KEY)}`]: "Attached to it",
  letters: "1 dead letter, by reason:",
  rules: "in the order of their priority",
  goal: "recounted from the receipts",
  jobs: "It starts the regular comparison.",
  [`jobs/${encodeURIComponent(HOSTILE)}`]: "1 attempt",
  plan: "No plan has been made yet.",
  charts: "nothing is here",
  tags: "21 tags in all",
};

describe("the console at 360 px, with long words", () => {
  let faked: FakedConsole;

  beforeAll(async () => {
    faked = await openFakedConsole();
  }, 120_000);
  afterAll(() => faked[Symbol.asyncDispose]());

  const open = (path: string) =>
    faked.open(
      path,
      (asked) => {
        const { pathname } = new URL(asked, "http://console");
        return Object.hasOwn(ANSWERS, pathname) ? { json: ANSWERS[pathname] } : undefined;
      },
      { bypassCSP: true, viewport: PHONE },
    );

  it("has no page that scrolls sideways", async () => {
    await using page = await open("");
    await addAxe(page);
    for (const [path, text] of Object.entries(PAGES)) {
      await page.evaluate(`location.hash = ${JSON.stringify(`#/${path}`)}`);
      await page.locator("main").getByText(text).first().waitFor();
      await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
      const found = await lookAt(page, { width: PHONE.width, colorScheme: "light" });
      expect({ path, ...found }).toEqual({ path, overflow: false, found: [] });
    }
    expect(faked.problems).toEqual([]);
  });

  it("says in words what waits, what failed, and what to do about it", async () => {
    await using page = await open("");
    await page.getByRole("link", { name: "1 tag waits for a copy", exact: true }).waitFor();
    await page.getByRole("link", { name: "Monthly goal" }).click();
    await page.getByRole("heading", { name: "Monthly goal" }).waitFor();
    await page.evaluate("location.hash = '#/letters'");
    const advice =
      "What to do: the image breaks the specification, or a part of it is missing at the source: push it again.";
    await page.getByText(advice).waitFor();
    await page.evaluate(`location.hash = ${JSON.stringify(`#/tag/${encodeURIComponent(KEY)}`)}`);
    await page.getByText("no image yet, as far as it has been confirmed").waitFor();
    expect(await page.locator(".facts dd").first().textContent()).toBe(`failed: source-blob-unknown ${advice}`);
  });

  it("says once that there is no such tag, and leads to the search", async () => {
    const detail = "there is no record of nothing; /api/tags lists the keys";
    await using page = await faked.open("tag/nothing", (path) =>
      /tag|receipts/.test(path) ? { status: 404, detail } : undefined,
    );
    await page.getByText("Freightliner knows no tag of this name.").waitFor();
    expect(await page.getByText("/api/tags").count()).toBe(0);
    expect(await page.getByRole("link", { name: "Search all tags" }).getAttribute("href")).toBe("#/tags");
  });

  it("has rows of three lines in the table of tags, with all that a row has in sight", async () => {
    await using page = await open("tags");
    await page.getByText(PAGES["tags"] ?? "").waitFor();
    const rows = await page.locator("tbody tr[data-key]").all();
    const boxes = await Promise.all(rows.map((row) => row.boundingBox()));
    expect(boxes).toHaveLength(NAMES.length);
    expect(Math.max(...boxes.map((box) => box?.height ?? Infinity))).toBeLessThanOrEqual(MOST_PX);
    const right =
      "Math.max(...[...document.querySelectorAll('tr[data-key] *')].map((e) => e.getBoundingClientRect().right))";
    expect(await page.evaluate(right)).toBeLessThanOrEqual(PHONE.width);
    expect(await page.evaluate("document.documentElement.scrollHeight")).toBeLessThan(2 * PHONE.height);
    // Why a copy failed is whole, and not cut off.
    const isWhole = "[...document.querySelectorAll('.state')].every((e) => e.scrollHeight <= e.clientHeight + 1)";
    expect(await page.evaluate(isWhole)).toBe(true);
    expect(await page.getByRole("row").count()).toBe(NAMES.length + 1);
  });
});
