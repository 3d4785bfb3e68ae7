import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { Plan } from "../../src/api/inspections/plan.ts";
import { Verification } from "../../src/api/inspections/verification.ts";
import { addAxe, lookAt, LOOKS } from "./axe.ts";
import { openFakedConsole } from "./faked-console.ts";
import type { Faked, FakedConsole } from "./faked-console.ts";

const HOUR = 3_600_000;
const RUN = { run: "r-1", configuration: "c", interruptions: 0, repositories: 12 };
const NONE_FAILED = { count: 0, samples: [] };

const plan: z.input<typeof Plan> = {
  finished: {
    ...RUN,
    job: "changes",
    startedAt: Date.now() - 2 * HOUR - 60_000,
    finishedAt: Date.now() - 2 * HOUR,
    isOfOtherConfiguration: true,
    hasChanges: true,
    withoutRule: { count: 5, samples: ["scratch/one"] },
    failed: { count: 1, samples: [{ name: "shop/lost", problem: "the source does not answer" }] },
    destinations: [
      {
        destination: "eu",
        totals: {
          copies: 1_200,
          deletes: 1,
          blobs: 9,
          manifests: 3,
          bytes: 2e9,
          mountBytes: 0,
          requests: { source: 1, target: 1 },
        },
        cost: { seconds: 240, dollars: 0.18, paths: [], stack: [] },
        equal: 40,
        changes: [
          { rule: "shop", how: "put", images: 1_199, bytes: 2e9 },
          { rule: "shop", how: "merge", images: 1, bytes: 0 },
          { rule: "shop", how: "delete", images: 1, bytes: 0 },
        ],
        left: [{ reason: "decided", why: "left as they are", images: 7, bytes: 0, samples: ["scratch/two:v1"] }],
        copies: [
          {
            repository: "shop/cart",
            reference: "v3",
            to: "m/shop/cart",
            as: "v3",
            how: "put",
            rule: "shop",
            bytes: 1e6,
          },
        ],
        deletes: [{ to: "m/shop/cart", tag: "v0", repository: "shop/cart", cause: "event", rule: "shop" }],
        later: { count: 2, samples: [{ name: "m/shop/cart:v1", dueAt: 0, cause: "event", rule: "shop" }] },
      },
    ],
  },
  running: [
    {
      ...RUN,
      job: "changes",
      run: "r-2",
      startedAt: Date.now(),
      repositories: { done: 3, total: 12 },
      isWorking: false,
    },
  ],
};

const verification: z.input<typeof Verification> = {
  finished: {
    ...RUN,
    job: "weekly",
    repository: "shop/cart",
    startedAt: Date.now() - HOUR - 9_000,
    finishedAt: Date.now() - HOUR,
    samplePercent: 10,
    hasFaults: true,
    failed: NONE_FAILED,
    destinations: [
      {
        destination: "eu",
        tags: { equal: 90, differ: 2, unknown: 0, notSampled: 800, moved: 0 },
        checked: { manifests: 300, blobs: 4_000, referrers: 5 },
        faults: [
          {
            kind: "blob",
            count: 2,
            samples: [{ image: "m/shop/cart:v2", name: "sha256:0a", problem: "is not there" }],
          },
        ],
        left: [],
        requested: 2,
      },
    ],
  },
  running: [],
};

const JOBS = [
  { version: 1, job: { name: "changes", task: { kind: "plan" }, timeoutSeconds: 600, retries: 0, enabled: true } },
];

describe("the console's page of plans", () => {
  let faked: FakedConsole;

  beforeAll(async () => {
    faked = await openFakedConsole();
  }, 120_000);
  afterAll(() => faked[Symbol.asyncDispose]());

  it("shows what would be done and why the rest would not, beside what was verified, and makes a new plan", async () => {
    const asked: string[] = [];
    const answers: Readonly<Record<string, unknown>> = {
      "/api/jobs": JOBS,
      "/api/plan": Plan.parse(plan),
      "/api/verification": Verification.parse(verification),
    };
    const answer = (path: string, method: string): Faked | undefined => {
      if (method === "POST") asked.push(path);
      return method === "POST" ? { json: {} } : Object.hasOwn(answers, path) ? { json: answers[path] } : undefined;
    };
    await using page = await faked.open("plan", answer, { bypassCSP: true });
    const planned = page.getByRole("region", { name: "Plan" });
    await planned
      .getByText("1,200 copies, 1 delete: 2.0 GB in 9 blobs, $0.18 at list prices, at least 4 min")
      .waitFor();
    await planned.getByText(/^Made 2 h ago \(.*\) by changes, in 1 min, of 12 repositories\.$/).waitFor();
    await planned.getByText("The configuration has changed since.").waitFor();
    await planned.getByText("1 name could not be compared: shop/lost (the source does not answer)").waitFor();
    const table = (name: string) => planned.getByRole("region", { name }).locator("tbody tr");
    expect(await table("changes at eu").allTextContents()).toEqual([
      "shopcopied11992.0 GB",
      "shopmerged with another index10 B",
      "shopdeleted10 B",
    ]);
    expect(await table("images that stay as they are at eu").allTextContents()).toEqual([
      "noneleft as they are7scratch/two:v1",
    ]);
    await planned.getByText("The first 1 copy").click();
    await planned.getByText("shop/cart:v3 to m/shop/cart:v3, 1.0 MB").waitFor();
    await planned.getByText("3 of 12 repositories done, goes on within minutes").waitFor();
    const verified = page.getByRole("region", { name: "Verification" });
    await verified.getByText("90 tags whole, 2 with a fault, 800 not in the sample").waitFor();
    await verified.getByText("300 manifests, 4,000 blobs and 5 referrers compared; 2 copies requested").waitFor();
    await verified.getByText("2 faulty blobs").click();
    await verified.getByText("m/shop/cart:v2 sha256:0a: is not there").waitFor();
    await verified.getByText("No job makes one.").waitFor();
    await addAxe(page);
    for (const look of LOOKS) expect(await lookAt(page, look)).toEqual({ overflow: false, found: [] });
    await page.getByRole("button", { name: "cancel changes" }).click();
    await page.getByText("It ends within 15 seconds.").waitFor();
    expect(asked).toEqual(["/api/jobs/changes/cancel"]);
    expect(faked.problems).toEqual([]);
  });

  it("begins a plan where none was made yet, and says how to switch jobs on where there are none", async () => {
    const asked: string[] = [];
    const empty: Readonly<Record<string, unknown>> = {
      "/api/jobs": JOBS,
      "/api/plan": { running: [] },
      "/api/verification": { running: [] },
    };
    await using page = await faked.open("plan", (path, method) => {
      if (method === "POST") asked.push(path);
      return method === "POST" ? { json: {} } : Object.hasOwn(empty, path) ? { json: empty[path] } : undefined;
    });
    await page.getByText("No plan has been made yet.").waitFor();
    await page.getByRole("button", { name: "run now: changes" }).click();
    await page.getByText("It begins.").waitFor();
    expect(asked).toEqual(["/api/jobs/changes/run"]);
    const detail = 'the stack has no jobs; set "stack.jobs" and deploy it';
    await using off = await faked.open("plan", (path) => (path === "/api/jobs" ? { status: 404, detail } : undefined));
    await off.getByText("stack.jobs: true").waitFor();
  });
});
