import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/jobs/handler.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { createJobBook } from "../../../src/replication/jobs/job-book.ts";
import type { JobBookRecord } from "../../../src/replication/jobs/job-book.ts";
import type { JobRunsRecord } from "../../../src/replication/jobs/job-runs.ts";
import type { StoredRecord } from "../../../src/replication/prune/unused-record.ts";
import type { CopyRequest } from "../../../src/replication/planning/copy-request.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { job, memorySchedules } from "../../contracts/job-book.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";
import { EXAMPLE } from "../../infra/template.ts";
import { createObserved } from "../observer.ts";

const FINISHED = { outcome: "finished", repositories: 1, asked: 2, missed: 0, unavailable: [] };
const RESTING = { ...FINISHED, outcome: "rest", repositories: 0, asked: 0 };

function setUp({ compare = (): unknown => FINISHED }: { readonly compare?: (event: object) => unknown } = {}) {
  const clock = createVirtualClock();
  const sent: CopyRequest[] = [];
  const compared: object[] = [];
  const inspected: object[] = [];
  const removed: string[] = [];
  const stored: StoredRecord[] = ["europe", "asia", "africa"].map((key) => ({
    kind: "RATE",
    key,
    record: {},
    version: 1,
  }));
  const observer = createObserved();
  const counted = (name: string) => observer.counts.filter(({ metric }) => metric === name).length;
  const book = createJobBook({
    book: createMemoryRecordStore<JobBookRecord>(),
    schedules: memorySchedules().schedules,
  });
  let ids = 0;
  const handle = createHandler({
    book,
    runs: createMemoryRecordStore<JobRunsRecord>(),
    clock,
    random: () => 0,
    timeout: (ms) => clock.timeout(ms),
    newId: () => `run-${++ids}`,
    now: clock.now,
    observer,
    configuration: parseConfiguration({
      ...EXAMPLE,
      reconcile: { schedules: [{ name: "night", at: "cron(0 3 * * ? *)" }] },
    }),
    send: async (requests) => void sent.push(...(await Promise.resolve(requests))),
    deployed: ["asia"],
    jobs: async () => (await book.list(NEVER)).map(({ job: { name } }) => name),
    records: {
      async *list() {
        yield* await Promise.resolve(stored);
      },
      remove: async ({ kind, key }) => {
        removed.push(`${kind}#${key}`);
        return Promise.resolve(true);
      },
    },
    inspect: async (event) => {
      inspected.push(event);
      return Promise.resolve({ end: "finished", done: 1, total: 1, result: "planned 1 repository" });
    },
    compare: async (event) => {
      compared.push(event);
      return Promise.resolve(compare(event));
    },
  });
  return {
    clock,
    sent,
    compared,
    inspected,
    removed,
    counted,
    book,
    run: (event: object) => clock.during(handle(event, 900_000)),
  };
}

const tag = (more: object = {}) => ({ task: { kind: "copy-tag", repository: "prod/app", tag: "1.0", ...more } });

describe("the jobs function", () => {
  it("requests a copy of a tag where a rule may select it", async () => {
    const { book, run, sent } = setUp();
    await book.add(job("release", tag()), NEVER);
    expect(await run({ job: "release" })).toMatchObject({ run: "run-1", outcome: { kind: "succeeded" }, attempts: 1 });
    expect(sent).toMatchObject([
      { destination: "europe", repository: "prod/app", reference: "1.0", id: "job-release-run-1", pushedAt: 0 },
    ]);
  });

  it.each([
    ["no rule selects the tag", tag({ repository: "other" }), /no rule selects other:1.0/],
    ["no rule sends it to the destination", tag({ destination: "asia" }), /no rule selects prod\/app:1.0/],
    ["the configuration lacks the destination", tag({ destination: "evil.example" }), /no destination evil.example/],
    ["the configuration lacks the comparison", { task: { kind: "reconcile", comparison: "absent" } }, /no comparison/],
  ])("fails without a retry and without a request when %s", async (_why, task, reason) => {
    const { book, run, sent, compared, counted } = setUp();
    await book.add(job("release", { ...task, retries: 3 }), NEVER);
    const failed = { outcome: { kind: "failed", reason: expect.stringMatching(reason) }, attempts: 1 };
    expect(await run({ job: "release" })).toMatchObject(failed);
    expect([sent, compared, counted("JobsFailed")]).toEqual([[], [], 1]);
  });

  it("compares one repository, the regular comparison, or one that the configuration names", async () => {
    const { book, run, compared } = setUp();
    await book.add(job("one"), NEVER);
    await book.add(job("all", { task: { kind: "reconcile" } }), NEVER);
    await book.add(job("night", { task: { kind: "reconcile", comparison: "night" } }), NEVER);
    const result = "compared 1 repository, requested 2 copies";
    expect(await run({ job: "one" })).toMatchObject({ outcome: { kind: "succeeded", result } });
    await run({ job: "all" });
    await run({ job: "night" });
    expect(compared).toEqual([{ job: { repository: "team/app" } }, { job: {} }, { schedule: "night" }]);
  });

  it("plans and verifies by the function that may, until its time limit, and says when that continues", async () => {
    const { book, run, inspected, clock } = setUp();
    const startedAt = clock.now();
    await book.add(job("plan", { task: { kind: "plan", repository: "team/app" }, timeoutSeconds: 60 }), NEVER);
    await book.add(job("deep", { task: { kind: "verify", repair: true } }), NEVER);
    expect(await run({ job: "plan" })).toMatchObject({
      outcome: { kind: "succeeded", result: "planned 1 repository" },
    });
    const deepAt = clock.now();
    await run({ job: "deep" });
    const run1 = {
      job: "plan",
      run: "run-1",
      task: { kind: "plan", repository: "team/app" },
      until: startedAt + 57_000,
    };
    const run2 = { job: "deep", run: "run-2", task: { kind: "verify", repair: true }, until: deepAt + 597_000 };
    expect(inspected).toEqual([{ inspection: run1 }, { inspection: run2 }]);
  });

  it("removes what has no use of neither the configuration nor the deployment, unless it is only to say that", async () => {
    const { book, run, removed } = setUp();
    await book.add(job("look", { task: { kind: "prune", dryRun: true } }), NEVER);
    await book.add(job("prune", { task: { kind: "prune" } }), NEVER);
    const result = "would remove 1 record: 1 of a destination that was removed (RATE#africa)";
    expect(await run({ job: "look" })).toMatchObject({ outcome: { kind: "succeeded", result } });
    expect(removed).toEqual([]);
    await run({ job: "prune" });
    expect(removed).toEqual(["RATE#africa"]);
  });

  it("tries a comparison that did not get through again", async () => {
    const reports = [RESTING, FINISHED];
    const { book, run, counted } = setUp({ compare: () => reports.shift() });
    await book.add(job("one", { retries: 1 }), NEVER);
    expect(await run({ job: "one" })).toMatchObject({ outcome: { kind: "succeeded" }, attempts: 2 });
    expect(counted("JobsFailed")).toBe(0);
  });

  it("runs what a job is now, and nothing for a schedule of a job that is disabled or gone", async () => {
    const { book, run, sent } = setUp();
    const call = { job: "release", run: "2026-11-27T03:00:00Z", isScheduled: true };
    expect(await run(call)).toMatchObject({ outcome: { kind: "unknown" } });
    await book.add(job("release", { ...tag(), schedule: "rate(1 hour)", enabled: false }), NEVER);
    expect(await run(call)).toMatchObject({ outcome: { kind: "disabled" } });
    await book.update(job("release", { ...tag({ tag: "2.0" }), schedule: "rate(1 hour)" }), undefined, NEVER);
    await run(call);
    expect(await run(call)).toMatchObject({ outcome: { kind: "duplicate" } });
    expect(sent.map(({ reference }) => reference)).toEqual(["2.0"]);
  });
});
