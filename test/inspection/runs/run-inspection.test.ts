import { describe, expect, it } from "vitest";
import { NEVER } from "../../../src/async/abort.ts";
import { cancelInspection, FinishedInspection } from "../../../src/inspection/runs/inspection-record.ts";
import type { InspectionRecord, RunningInspection, Step } from "../../../src/inspection/runs/inspection-record.ts";
import { addFailure, emptyPlan } from "../../../src/inspection/runs/plan-result.ts";
import type { PlanResult } from "../../../src/inspection/runs/plan-result.ts";
import { repositorySteps } from "../../../src/inspection/runs/repository-steps.ts";
import { INSPECTION_LEASE_MS, runInspection } from "../../../src/inspection/runs/run-inspection.ts";
import { parseRepositoryName } from "../../../src/oci/reference.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";

const ALL = Array.from({ length: 10 }, (_, index) => parseRepositoryName(`r${index}`));
const WANTED = { run: "first", task: '{"kind":"plan"}', configuration: "c1" };

/** An inspection that counts the repositories which it inspects: nothing may be counted twice, or left out. */
function setUp({ slow = [], all = ALL }: { readonly slow?: readonly string[]; readonly all?: typeof ALL } = {}) {
  const clock = createVirtualClock();
  const inspections = createMemoryRecordStore<InspectionRecord>();
  const inspected: string[] = [];
  let owners = 0;

  async function* steps(inspection: RunningInspection, signal: AbortSignal): AsyncGenerator<Step> {
    const result: PlanResult = inspection.result?.kind === "plan" ? structuredClone(inspection.result) : emptyPlan();
    const inspect = async (name: string, working: AbortSignal): Promise<void> => {
      inspected.push(name);
      await clock.sleep(slow.includes(name) ? 10 * 60_000 : 1_000, working);
      result.withoutRule.count++;
    };
    const failed = (name: string, problem: string): void => addFailure(result.failed, name, problem);
    yield* repositorySteps(
      all,
      inspection,
      { inspect, failed, found: async () => Promise.resolve(structuredClone(result)) },
      signal,
    );
  }

  return {
    clock,
    inspections,
    inspected,
    /** One invocation, with so much time. */
    invoke: (limitMs: number, wanted: Parameters<typeof runInspection>[0]["wanted"] = WANTED) =>
      clock.during(
        runInspection(
          { job: "job", wanted, steps },
          { inspections, clock, owner: `owner-${++owners}`, ending: NEVER },
          clock.timeout(limitMs),
        ),
      ),
    record: async () => (await inspections.read("job")) ?? {},
  };
}

describe("an inspection", () => {
  it("inspects every repository, and keeps what it found", async () => {
    const { invoke, record } = setUp();
    expect(await invoke(60_000)).toMatchObject({ kind: "finished", inspection: { done: 10, total: 10 } });
    const { running, finished } = await record();
    expect(running).toBeUndefined();
    expect(finished).toMatchObject({ run: "first", repositories: 10, interruptions: 0 });
    expect(finished?.result).toMatchObject({ withoutRule: { count: 10 } });
  });

  it("continues after its last step when its time was over, and counts nothing twice", async () => {
    const { invoke, record, inspected } = setUp();
    // Two steps of four repositories and a second fit; the third is cut off.
    expect(await invoke(2_500)).toMatchObject({ kind: "partial", inspection: { done: 8 } });
    expect((await record()).running).toMatchObject({ after: "r7", done: 8, total: 10 });
    const end = await invoke(60_000, { configuration: "c1" });
    expect(end).toMatchObject({ kind: "finished", inspection: { run: "first", interruptions: 1 } });
    expect((await record()).finished?.result).toMatchObject({ withoutRule: { count: 10 } });
    expect(new Set(inspected)).toEqual(new Set(ALL));
  });

  it("has nothing to continue once it is over, and begins anew under another configuration", async () => {
    const { invoke, record, inspected } = setUp();
    expect(await invoke(60_000, { configuration: "c1" })).toEqual({ kind: "rest" });
    await invoke(1_500);
    inspected.length = 0;
    expect(await invoke(60_000, { configuration: "c2" })).toMatchObject({ kind: "finished", inspection: { done: 10 } });
    expect(inspected).toEqual(ALL);
    expect((await record()).finished).toMatchObject({ run: "first", configuration: "c2", interruptions: 0 });
    await invoke(1_500);
    await invoke(1_500, { ...WANTED, run: "second", configuration: "c2" });
    expect((await record()).running).toMatchObject({ run: "second", interruptions: 0 });
  });

  it("does not begin for a run that was cancelled before it had begun, and begins for the next one", async () => {
    const { invoke, inspections, inspected, clock } = setUp();
    await inspections.update("job", (found) => cancelInspection(found, clock.now(), "first"));
    expect(await invoke(60_000)).toEqual({ kind: "cancelled" });
    expect(inspected).toEqual([]);
    expect(await invoke(60_000, { ...WANTED, run: "second" })).toMatchObject({ kind: "finished" });
  });

  it("keeps the result before it until it is over", async () => {
    const { invoke, record } = setUp();
    await invoke(60_000);
    await invoke(1_500, { ...WANTED, run: "second" });
    expect(await record()).toMatchObject({ finished: { run: "first" }, running: { run: "second" } });
  });

  it("runs in one invocation at a time, until the lease of one that was killed is over", async () => {
    const { invoke, inspections, clock } = setUp();
    await invoke(1_500);
    const held = { owner: "killed", until: clock.now() + INSPECTION_LEASE_MS };
    await inspections.update("job", (record = {}) => ({
      next: { ...record, ...(record.running && { running: { ...record.running, lease: held } }) },
      answer: undefined,
    }));
    expect(await invoke(60_000)).toEqual({ kind: "busy" });
    await clock.during(clock.sleep(INSPECTION_LEASE_MS, NEVER));
    expect(await invoke(60_000)).toMatchObject({ kind: "finished" });
  });

  it("ends within a renewal when an operator cancels it, and begins anew then", async () => {
    const { invoke, inspections, record, clock, inspected } = setUp({ slow: ["r5"] });
    const startedAt = clock.now();
    const running = invoke(15 * 60_000);
    const cancelled = clock.during(
      (async () => {
        await clock.sleep(5_000, NEVER);
        return inspections.update("job", (found) => cancelInspection(found, clock.now()));
      })(),
    );
    expect(await cancelled).toBe("cancelled");
    expect(await running).toEqual({ kind: "cancelled" });
    expect(clock.now() - startedAt).toBeLessThan(60_000);
    expect(await record()).toEqual({});
    expect(await inspections.update("job", (found) => cancelInspection(found, clock.now()))).toBe("not-running");
    inspected.length = 0;
    await invoke(2_500);
    expect(inspected).toContain("r0");
  });

  it("leaves out a repository that does not fit into an invocation, after three tries, and inspects the others", async () => {
    const { invoke, record, inspected } = setUp({ slow: ["r5"] });
    const ends = [];
    for (let tries = 0; tries < 8 && (await record()).finished === undefined; tries++)
      ends.push((await invoke(60_000)).kind);
    const { result } = FinishedInspection.parse((await record()).finished);
    expect(ends.at(-1)).toBe("finished");
    expect(result).toMatchObject({ failed: { count: 1, samples: [{ name: "r5" }] }, withoutRule: { count: 9 } });
    expect(inspected.filter((name) => name === "r5").length).toBeLessThanOrEqual(4);
  });

  it("leaves nothing out because a registry fails: the next claim tries it again", async () => {
    const { inspections, clock } = setUp();
    // oxlint-disable-next-line require-yield -- the listing of the source fails before the first step.
    async function* failing(): AsyncGenerator<Step> {
      await Promise.resolve();
      throw new Error("the source does not answer");
    }
    for (let tries = 0; tries < 5; tries++) {
      const ports = { inspections, clock, owner: `owner-${tries}`, ending: NEVER };
      const run = runInspection({ job: "job", wanted: WANTED, steps: failing }, ports, NEVER);
      await expect(clock.during(run)).rejects.toThrow("does not answer");
    }
    expect((await inspections.read("job"))?.running).toMatchObject({ idle: 0 });
    expect((await inspections.read("job"))?.running?.lease).toBeUndefined();
  });
});
