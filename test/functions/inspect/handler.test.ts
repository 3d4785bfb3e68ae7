import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/inspect/handler.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import type { InspectionRecord, RunningInspection } from "../../../src/inspection/runs/inspection-record.ts";
import { Job } from "../../../src/replication/jobs/job.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";
import { NO_GATES } from "../../fixtures/fact-source.ts";
import { EXAMPLE } from "../../infra/template.ts";
import { createObserved } from "../observer.ts";

const configuration = parseConfiguration(EXAMPLE);
const refuse = (): never => {
  throw new Error("a source without repositories is asked for nothing more");
};

/** Jobs that plan a source without repositories, each with an inspection that is not over. */
async function setUp(tasks: Readonly<Record<string, string>>) {
  const clock = createVirtualClock();
  const inspections = createMemoryRecordStore<InspectionRecord>();
  const observer = createObserved();
  for (const [job, task] of Object.entries(tasks)) {
    const begun = { run: "r", configuration: configuration.version, startedAt: 0, interruptions: 0 };
    const running: RunningInspection = { ...begun, task, after: "", done: 0, idle: 0, isCancelled: false };
    await inspections.update(job, () => ({ next: { running }, answer: undefined }), NEVER);
  }
  const jobs = Object.keys(tasks).map((name) => ({ version: 1, job: Job.parse({ name, task: { kind: "plan" } }) }));
  let owners = 0;
  const handle = createHandler({
    context: {
      configuration,
      sides: {
        catalog: { repositories: () => Promise.resolve([]), tags: refuse, sourceTag: refuse },
        source: refuse,
        target: refuse,
        listing: refuse,
        hasManifest: refuse,
        resolveTag: refuse,
      },
      facts: { newest: refuse, manifest: refuse, image: refuse },
      gatePorts: NO_GATES,
      records: {
        tags: createMemoryRecordStore(),
        deletions: createMemoryRecordStore(),
        backfills: createMemoryRecordStore(),
      },
      stack: "freightliner",
      all: false,
      parallel: 1,
      now: clock.now,
    },
    inspections,
    book: { list: () => Promise.resolve(jobs) },
    clock,
    newOwner: () => `owner-${++owners}`,
    timeout: (ms) => clock.timeout(ms),
    observer,
    send: () => Promise.resolve(),
  });
  return {
    observer,
    minute: () => clock.during(handle({}, 900_000)),
    record: async (job: string) => (await inspections.read(job, NEVER)) ?? {},
  };
}

const PLAN = '{"kind":"plan"}';
/** As a later version may have left it. */
const UNKNOWN = '{"kind":"later"}';

describe("inspections that are continued every minute", () => {
  it("go on when that of a job before them fails, and the failure is told", async () => {
    const { minute, record, observer } = await setUp({ a: UNKNOWN, b: PLAN });
    await expect(minute()).rejects.toThrow();
    expect((await record("b")).finished).toMatchObject({ run: "r" });
    expect((await record("a")).running).toMatchObject({ failures: 1 });
    expect(observer.lines).toContainEqual(
      expect.objectContaining({ level: "error", fields: expect.objectContaining({ job: "a" }) }),
    );
  });

  it("are given up when each claim has failed for half an hour", async () => {
    const { minute, record, observer } = await setUp({ a: UNKNOWN });
    for (let minutes = 0; minutes < 30; minutes++) await expect(minute()).rejects.toThrow();
    expect(await minute()).toMatchObject([{ job: "a", end: "given-up" }]);
    expect(await record("a")).toEqual({});
    expect(observer.lines.at(-1)).toMatchObject({ level: "error", message: expect.stringContaining("given up") });
    expect(await minute()).toEqual([]);
  });
});
