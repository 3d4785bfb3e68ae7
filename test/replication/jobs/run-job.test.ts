import { describe, expect, it } from "vitest";
import { NEVER } from "../../../src/async/abort.ts";
import { cancelRun, MAX_HISTORY } from "../../../src/replication/jobs/job-runs.ts";
import type { JobRunsRecord, RunOutcome } from "../../../src/replication/jobs/job-runs.ts";
import { JOB_LEASE_MS, runJob } from "../../../src/replication/jobs/run-job.ts";
import type { EndedRun, RunnableJob } from "../../../src/replication/jobs/run-job.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";
import { unavailableStore } from "../../fixtures/unavailable-store.ts";

const TRANSIENT = new Error("transient");

function setUp() {
  const clock = createVirtualClock();
  const runs = createMemoryRecordStore<JobRunsRecord>();
  const ports = {
    runs,
    clock,
    random: () => 1,
    isTransient: (error: unknown) => error === TRANSIENT,
    describe: String,
    ending: NEVER,
  };
  const job = (run: RunnableJob["run"], more: Partial<RunnableJob> = {}): RunnableJob => ({
    name: "nightly",
    timeoutSeconds: 300,
    retries: 0,
    run,
    ...more,
  });
  const run = (each: RunnableJob, id: string): Promise<EndedRun> => runJob(each, id, ports, NEVER);
  const history = async () => (await runs.read("nightly"))?.history ?? [];
  return { clock, runs, ports, job, run, history };
}

const outcomeOf = (ended: EndedRun): RunOutcome | undefined => (ended.kind === "ended" ? ended.run.outcome : undefined);

/** Work that lasts until its signal is aborted. */
const endless = (signal: AbortSignal): Promise<string> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

describe("a run of a job", () => {
  it("is attempted once without retries, and remembered with its result", async () => {
    const { clock, job, run, history } = setUp();
    let attempts = 0;
    const work = job(async () => Promise.resolve(`done ${++attempts}`));
    expect(outcomeOf(await clock.during(run(work, "a")))).toEqual({ kind: "succeeded", result: "done 1" });
    const failing = job(() => Promise.reject(TRANSIENT));
    expect(outcomeOf(await clock.during(run(failing, "b")))).toEqual({ kind: "failed", reason: "Error: transient" });
    expect((await history()).map(({ id, attempts: tries }) => [id, tries])).toEqual([
      ["b", 1],
      ["a", 1],
    ]);
  });

  it("retries transient failures with growing waits, and no others", async () => {
    const { clock, job, run } = setUp();
    const at: number[] = [];
    const failing = (error: Error) =>
      job(
        () => {
          at.push(clock.passed());
          return Promise.reject(error);
        },
        { retries: 2 },
      );
    await clock.during(run(failing(TRANSIENT), "a"));
    expect(at.map((time) => time - (at[0] ?? 0))).toEqual([0, 1_000, 3_000]);
    at.length = 0;
    await clock.during(run(failing(new Error("permanent")), "b"));
    expect(at).toHaveLength(1);
  });

  it("is aborted when its time is over, and renews its lease until then", async () => {
    const { clock, runs, job, run } = setUp();
    const running = run(job(endless, { timeoutSeconds: 200 }), "a");
    await clock.pass(JOB_LEASE_MS * 3);
    expect((await runs.read("nightly"))?.running?.until).toBeGreaterThan(clock.now());
    expect(outcomeOf(await clock.during(running))).toEqual({ kind: "timed-out" });
    expect(clock.passed()).toBeLessThan(201_000);
    expect((await runs.read("nightly"))?.running).toBeUndefined();
  });

  it("does not start while another run of the job is under way", async () => {
    const { clock, job, run, history } = setUp();
    const first = run(job(endless, { timeoutSeconds: 100 }), "first");
    let started = 0;
    const second = await clock.during(
      run(
        job(async () => Promise.resolve(`${++started}`)),
        "second",
      ),
    );
    expect([outcomeOf(second), started]).toEqual([{ kind: "overlapping" }, 0]);
    await clock.during(first);
    expect((await history()).map(({ id }) => id)).toEqual(["first", "second"]);
  });

  it("is done once when it is delivered twice, during the run and after it", async () => {
    const { clock, job, run } = setUp();
    let started = 0;
    const work = job(async (signal) => {
      started++;
      await clock.sleep(5_000, signal);
      return "done";
    });
    const [first, again] = await clock.during(Promise.all([run(work, "a"), run(work, "a")]));
    const late = await clock.during(run(work, "a"));
    expect([first.kind, again.kind, late.kind, started]).toEqual(["ended", "duplicate", "duplicate", 1]);
  });

  it("ends at its next renewal when an operator cancels it", async () => {
    const { clock, runs, job, run } = setUp();
    const running = run(job(endless), "a");
    await clock.pass(1_000);
    await runs.update("nightly", (record) => cancelRun(record, "other", clock.now()));
    await clock.pass(JOB_LEASE_MS);
    expect(await runs.update("nightly", (record) => cancelRun(record, "a", clock.now()))).toBe("cancelled");
    expect(outcomeOf(await clock.during(running))).toEqual({ kind: "cancelled" });
    expect(await runs.update("nightly", (record) => cancelRun(record, undefined, clock.now()))).toBe("not-running");
  });

  it("crashes visibly: the next run takes the lease over when it has expired, and remembers the crash", async () => {
    const { clock, runs, job, run, history } = setUp();
    const until = clock.now() + JOB_LEASE_MS;
    const running = { id: "killed", startedAt: clock.now(), until, isCancelled: false };
    await runs.update("nightly", () => ({ next: { running, history: [] }, answer: undefined }));
    const work = job(async () => Promise.resolve("done"));
    expect(outcomeOf(await clock.during(run(work, "early")))).toEqual({ kind: "overlapping" });
    await clock.pass(JOB_LEASE_MS);
    expect((await clock.during(run(work, "killed"))).kind).toBe("duplicate");
    expect(outcomeOf(await clock.during(run(work, "next")))).toEqual({ kind: "succeeded", result: "done" });
    expect((await history()).map(({ outcome }) => outcome.kind)).toEqual(["succeeded", "crashed", "overlapping"]);
  });

  it("stops when another run has taken its lease over", async () => {
    const { clock, runs, job, run } = setUp();
    const running = run(job(endless), "frozen");
    await clock.pass(1_000);
    const other = { id: "other", startedAt: clock.now(), until: clock.now() + 600_000, isCancelled: false };
    await runs.update("nightly", () => ({ next: { running: other, history: [] }, answer: undefined }));
    expect(outcomeOf(await clock.during(running))?.kind).toBe("failed");
    expect((await runs.read("nightly"))?.running?.id).toBe("other");
  });

  it("is not started when the table is unavailable", async () => {
    const { ports, job } = setUp();
    let started = 0;
    const work = job(async () => Promise.resolve(`${++started}`));
    await expect(runJob(work, "a", { ...ports, runs: unavailableStore() }, NEVER)).rejects.toThrow(/unavailable/);
    expect(started).toBe(0);
  });

  it(`remembers the newest ${MAX_HISTORY} runs`, async () => {
    const { clock, job, run, history } = setUp();
    const work = job(async () => Promise.resolve("done"));
    for (let count = 0; count < MAX_HISTORY + 5; count++) await clock.during(run(work, `run-${count}`));
    const ids = (await history()).map(({ id }) => id);
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([MAX_HISTORY, `run-${MAX_HISTORY + 4}`, "run-5"]);
  });
});
