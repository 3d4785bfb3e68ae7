import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/probe/handler.ts";
import type { ProbeDependencies } from "../../../functions/probe/probe-dependencies.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { NOTHING_PENDING } from "../../fixtures/nothing-pending.ts";
import { createObserved } from "../observer.ts";
import { configurationOf } from "../../fixtures/configuration.ts";

const configuration = configurationOf({ repositories: ["**"], destinations: ["gar"] });

/** One invocation of the probe function: its log, and what it did for the destination. */
async function minute(startLongLane: ProbeDependencies["startLongLane"]) {
  const observer = createObserved();
  const handle = createHandler({
    configuration,
    circuits: createMemoryRecordStore(),
    queuePauses: createMemoryRecordStore(),
    fullConcurrency: 50,
    ...NOTHING_PENDING,
    now: () => 0,
    timeout: (ms) => AbortSignal.timeout(ms),
    observer,
    probe: () => Promise.resolve(),
    setQueueState: () => Promise.resolve(),
    startLongLane,
  });
  const report = await handle(NEVER);
  return { report, lines: observer.lines.map(({ level, message }) => `${level}: ${message}`) };
}

describe("the probe function", () => {
  it("starts a build, and logs that it did", async () => {
    expect((await minute(() => Promise.resolve("started"))).lines).toEqual(["info: Long lane started"]);
    expect((await minute(() => Promise.resolve("idle"))).lines).toEqual([]);
    expect((await minute(() => Promise.resolve("running"))).lines).toEqual([]);
  });

  it("warns when a build was refused and none is running", async () => {
    const { lines } = await minute(() => Promise.resolve("refused"));
    expect(lines).toEqual(["warn: The build of the long lane was refused, and none is running"]);
  });

  it("handles the destinations when no build can be started, and logs why", async () => {
    const usual = await minute(undefined);
    const { lines, report } = await minute(() => Promise.reject(new Error("AccessDenied")));
    expect(lines).toEqual(["error: Long lane could not be started"]);
    expect(report).toEqual(usual.report);
    expect(usual.lines).toEqual([]);
  });
});
