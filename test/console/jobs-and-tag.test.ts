import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addAxe, lookAt, LOOKS } from "./axe.ts";
import { openFakedConsole } from "./faked-console.ts";
import type { Faked, FakedConsole } from "./faked-console.ts";

const JOB = { name: "nightly", timeoutSeconds: 600, retries: 2, enabled: true };
const RUN = { id: "r-1", startedAt: Date.UTC(2026, 10, 27, 3), endedAt: Date.UTC(2026, 10, 27, 3, 2), attempts: 1 };
const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;
const KEY = "eu/mirror/shop/cart:v3";
const RECEIPT = {
  id: "r",
  destination: "eu",
  repository: "shop/cart",
  reference: "v3",
  pushedAt: 0,
  traceparent: "00-t-s-00",
};

describe("pages of the console whose API is made up", () => {
  let faked: FakedConsole;

  beforeAll(async () => {
    faked = await openFakedConsole();
  }, 120_000);
  afterAll(() => faked[Symbol.asyncDispose]());

  it("say how to switch jobs on where a stack has none", async () => {
    const detail = 'the stack has no jobs; set "stack.jobs" and deploy it';
    await using page = await faked.open("jobs", (path) => (path === "/api/jobs" ? { status: 404, detail } : undefined));
    await page.getByText("stack.jobs: true").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("list jobs with their last runs, start one, cancel it, and say what the API answers", async () => {
    const state = { isRunning: false, refuses: true };
    const asked: string[] = [];
    const answer = (path: string, method: string): Faked | undefined => {
      if (method === "POST") {
        asked.push(path);
        if (state.refuses) return { status: 403, detail: "a viewer may change nothing" };
        state.isRunning = path.endsWith("/run");
        return { json: {} };
      }
      const running = { id: "r-2", startedAt: Date.now(), until: 0, isCancelled: false };
      const history = [{ ...RUN, outcome: { kind: "failed", reason: "no rule selects it" } }];
      if (path === "/api/jobs/nightly/history") return { json: state.isRunning ? { running, history } : { history } };
      if (path === "/api/jobs/manual/history") return { json: { history: [] } };
      const nightly = { ...JOB, task: { kind: "reconcile" }, schedule: "cron(0 3 * * ? *)" };
      const manual = { ...JOB, name: "manual", task: { kind: "copy-tag", repository: "shop/cart", tag: "stable" } };
      return path === "/api/jobs"
        ? {
            json: [
              { version: 1, job: nightly },
              { version: 2, job: manual },
            ],
          }
        : undefined;
    };
    await using page = await faked.open("jobs", answer);
    const card = page.locator(".card", { hasText: "nightly" });
    await card.getByText("It starts the regular comparison.").waitFor();
    expect(await card.textContent()).toMatch(
      /cron\(0 3 \* \* \? \*\), UTC · 600 s at most · 2 retries.*failed \d+ \w+ ago/,
    );
    const manual = await page.locator(".card", { hasText: "manual" }).textContent();
    expect(manual).toMatch(/It copies shop\/cart:stable\.on demand.*It has not run yet\./);
    await page.getByRole("button", { name: "run now: nightly" }).click();
    await card.getByText("a viewer may change nothing").waitFor();
    state.refuses = false;
    await page.getByRole("button", { name: "run now: nightly" }).click();
    await card.getByText("It begins.").waitFor();
    await page.getByRole("button", { name: "cancel nightly" }).click();
    await card.getByText("It ends within 15 seconds.").waitFor();
    expect(asked.map((path) => path.replace("/api/jobs/nightly/", ""))).toEqual(["run", "run", "cancel"]);
    await page.getByRole("link", { name: "nightly" }).click();
    await page.getByRole("heading", { name: "Runs" }).waitFor();
    expect(await page.locator(".timeline li").allTextContents()).toEqual([
      "failed 27/11/2026, 03:00:00 · took 2 min · 1 attemptno rule selects itrun r-1",
    ]);
  });

  it("show an image at each destination, beside what the source had, and how far its copy is", async () => {
    const inFlight = [
      { digest: "aaaaaaaaaaaa", size: 2_000, sent: 500 },
      { digest: "bbbbbbbbbbbb", size: 500, sent: 500 },
    ];
    const progress = { blobs: 4, blobsDone: 1, bytes: 4_000, bytesSent: 1_000, inFlight };
    const origin = { digest: digestOf("a"), platforms: "linux/amd64" };
    const tag = { key: KEY, state: "copying", lagMs: 9_000, digest: digestOf("b"), replicatedAt: 1, origin, progress };
    const manifest = { mediaType: "application/vnd.oci.image.manifest.v1+json", size: 500, bytes: 0, moreBlobs: 0 };
    const layer = { digest: "dddddddddddd", mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", size: 3_000 };
    const [index, amd64, signature] = [digestOf("c"), digestOf("d"), digestOf("e")];
    const about = { ...manifest, mediaType: "application/vnd.oci.image.index.v1+json" };
    const contents = {
      digest: index,
      bytes: 3_000,
      manifests: [
        { ...about, digest: index, depth: 0, blobs: [] },
        { ...manifest, digest: amd64, depth: 1, platform: "linux/amd64", bytes: 3_000, blobs: [layer], moreBlobs: 2 },
      ],
      moreManifests: 0,
      attached: [
        { ...manifest, digest: signature, depth: 0, artifactType: "a/sbom", subject: "dddddddddddd", blobs: [] },
      ],
      moreAttached: 3,
      tags: ["sha256-c.sig"],
      moreTags: 0,
    };
    const answers: Readonly<Record<string, unknown>> = {
      [`/api/contents?key=${encodeURIComponent(KEY)}`]: contents,
      [`/api/tag?key=${encodeURIComponent(KEY)}`]: tag,
      [`/api/receipts?key=${encodeURIComponent(KEY)}`]: [
        { ...RECEIPT, outcome: "replicated", endedAt: 1, digest: digestOf("b") },
      ],
      "/api/image?repository=shop%2Fcart&reference=v3": [
        { destination: "eu", state: "PENDING", digest: digestOf("b"), pendingMs: 9_000, record: KEY },
        { destination: "us", state: "REPLICATED", digest: digestOf("a"), record: "us/copy/shop/cart:v3" },
        { destination: "hub", state: "NOT_TRACKED", reason: "skipped: no-rule" },
      ],
    };
    await using page = await faked.open(
      `tag/${encodeURIComponent(KEY)}`,
      (path) => (Object.hasOwn(answers, path) ? { json: answers[path] } : undefined),
      { bypassCSP: true },
    );
    await page.getByRole("heading", { name: "shop/cart:v3 at each destination" }).waitFor();
    await page.getByRole("link", { name: "us/copy/shop/cart:v3" }).waitFor();
    expect(await page.locator(".rows li").allTextContents()).toEqual([
      "euon its waysha256:bbbbbbbbbbbbcopyfor 9 s",
      "ustheresha256:aaaaaaaaaaaacopyus/copy/shop/cart:v3",
      "hubnot copied thereskipped: no-rule",
    ]);
    const facts = await page.locator(".facts dd").allTextContents();
    expect(facts.slice(2, 3)).toEqual(["sha256:aaaaaaaaaaaacopy another digest, as its rule says"]);
    expect(facts.at(-1)).toBe("only linux/amd64");
    // No one knows when it was pushed.
    expect(await page.locator(".timeline li").textContent()).toMatch(/^replicated 01\/01\/1970, 00:00:00sha256/);
    expect(await page.locator(".copying progress").getAttribute("value")).toBe("0.25");
    const bars = page.getByRole("list", { name: "blobs that are being sent" });
    expect(await bars.locator("li").allTextContents()).toEqual([
      "aaaaaaaaaaaa500 B of 2.0 kB",
      "bbbbbbbbbbbb500 B, being confirmed",
    ]);
    expect(await page.getByLabel("progress of blob aaaaaaaaaaaa").getAttribute("value")).toBe("0.25");
    const tree = page.getByRole("list", { name: "manifests" });
    await tree.getByText("3 blobs, 3.0 kB").click();
    expect(await tree.locator(":scope > li > ul > li").allTextContents()).toEqual([
      `linux/amd64 sha256:ddddddddddddcopy ${manifest.mediaType} · 500 B3 blobs, 3.0 kBdddddddddddd 3.0 kB ${layer.mediaType}and 2 more blobs`,
    ]);
    expect(await page.getByRole("list", { name: "attachments" }).locator("li").allTextContents()).toEqual([
      `a/sbom sha256:eeeeeeeeeeeecopy of dddddddddddd${manifest.mediaType} · 500 B`,
      "and 3 more manifests",
    ]);
    await page.getByText("Tags of cosign: sha256-c.sig").waitFor();
    await page.getByText("2 manifests, 1 platform, 3.0 kB, as its last copy has read").waitFor();
    await addAxe(page);
    for (const look of LOOKS) expect(await lookAt(page, look)).toEqual({ overflow: false, found: [] });
    expect(faked.problems).toEqual([]);
  });

  it("cancel the copy that they show, and pause and resume a repository", async () => {
    const copying = { key: KEY, state: "copying", lagMs: 9_000, copy: 7, copyingMs: 3_000 };
    const cancelled = { by: "arn:aws:iam::1:user/ann", at: Date.now() - 60_000 };
    const other = { key: "eu/mirror/shop/cart:v2", state: "cancelled", lagMs: 9_000, copy: 3, cancelled };
    const status = {
      at: 0,
      tags: { all: 3, equal: 0, copying: 1, waiting: 0, failed: 1, skipped: 0, quarantined: 0, cancelled: 1 },
      deadLetters: 0,
      destinations: [],
      pausedRepositories: [{ repository: "shop/web", by: "ann", since: Date.now() - 120_000, waiting: 1 }],
      comparisons: [],
      behind: [copying, other],
      arrived: [],
    };
    const answers: Readonly<Record<string, unknown>> = {
      "/api/status": status,
      [`/api/tag?key=${encodeURIComponent(KEY)}`]: copying,
      [`/api/receipts?key=${encodeURIComponent(KEY)}`]: [{ ...RECEIPT, outcome: "replicated", endedAt: 1 }],
      "/api/tag/cancel": {},
      "/api/repositories/resume": {},
      "/api/repositories/pause": {},
    };
    await using page = await faked.open(
      "",
      (path) => (Object.hasOwn(answers, path) ? { json: answers[path] } : undefined),
      { bypassCSP: true },
    );
    const sent: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST") sent.push(`${new URL(request.url()).pathname} ${request.postData()}`);
    });
    await page.getByText("1 tag needs you: 1 failed; 1 repository is paused").waitFor();
    await page.getByText("paused by ann for 2 min; 1 push waits").waitFor();
    await page.getByText(/^cancelled by arn:aws:iam::1:user\/ann 1 min ago/).waitFor();
    await page.getByRole("button", { name: `cancel ${KEY}` }).click();
    await page.getByText("It ends within 15 seconds").waitFor();
    await page.getByRole("button", { name: "resume repository shop/web" }).click();
    await page.getByText("Its pushes are requested within a minute.").waitFor();
    await addAxe(page);
    for (const look of LOOKS) expect(await lookAt(page, look)).toEqual({ overflow: false, found: [] });
    await page.getByRole("link", { name: KEY }).click();
    await page.getByRole("button", { name: "pause repository shop/cart" }).click();
    await page.getByText("No copy of it begins any more.").waitFor();
    expect(sent).toEqual([
      `/api/tag/cancel {"key":"${KEY}","copy":7}`,
      '/api/repositories/resume {"repository":"shop/web"}',
      '/api/repositories/pause {"repository":"shop/cart"}',
    ]);
  });
});
