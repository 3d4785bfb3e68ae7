import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/probe/handler.ts";
import { RateExceededError } from "../../../src/oci/errors/rate-exceeded-error.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import type { CircuitRecord } from "../../../src/replication/destination/circuit.ts";
import { heldQueues, isPauseAbandoned, releasedQueues } from "../../../src/replication/destination/queue-pause.ts";
import type { QueuePauseRecord } from "../../../src/replication/destination/queue-pause.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { NOTHING_PENDING } from "../../fixtures/nothing-pending.ts";
import { createObserved } from "../../functions/observer.ts";
import { configurationOf } from "../../fixtures/configuration.ts";

const MINUTE = 60_000;
const configuration = configurationOf({ repositories: ["**"], destinations: ["gar", "other"] });

function setUp() {
  const circuits = createMemoryRecordStore<CircuitRecord>();
  const queuePauses = createMemoryRecordStore<QueuePauseRecord>();
  const time = { now: 0 };
  const target: { problem?: Error | undefined; meanwhile?: (() => void | Promise<void>) | undefined } = {};
  const done: string[] = [];
  const failing = { lambda: false };
  const observer = createObserved();
  const probe = createHandler({
    configuration,
    circuits,
    queuePauses,
    fullConcurrency: 50,
    ...NOTHING_PENDING,
    now: () => time.now,
    timeout: (ms) => AbortSignal.timeout(ms),
    observer,
    async probe(destination) {
      done.push(`probe ${destination}`);
      await target.meanwhile?.();
      if (target.problem !== undefined) throw target.problem;
    },
    setQueueState(destination, state) {
      if (failing.lambda) return Promise.reject(new Error("ResourceInUseException"));
      done.push(`${destination} ${state === "paused" ? "paused" : (state.concurrency ?? "full")}`);
      return Promise.resolve();
    },
  });
  const open = (since: number): Promise<void> =>
    circuits.update("gar", () => ({
      next: { state: "open", since, until: since + 20_000, trips: 1 },
      answer: undefined,
    }));
  const reopen = (until: number, trips: number): Promise<void> =>
    circuits.update("gar", () => ({ next: { state: "open", since: 0, until, trips }, answer: undefined }));
  /** So many failures of one repository, in the minute to come. */
  const suspect = (failures: number): Promise<void> => {
    const bucket = { epoch: Math.floor((time.now + MINUTE) / 5_000), calls: failures, failures, slow: 0 };
    const repositories = [{ repository: "broken", failures, slow: 0 }];
    return circuits.update("gar", () => ({
      next: { state: "closed", buckets: [{ ...bucket, repositories }] },
      answer: undefined,
    }));
  };
  const queuePause = (): Promise<QueuePauseRecord | undefined> => queuePauses.read("gar");
  const circuit = (): Promise<CircuitRecord | undefined> => circuits.read("gar");
  /** Lets a minute pass, and looks. */
  const minute = async (): Promise<string[]> => {
    time.now += MINUTE;
    done.length = 0;
    await probe(NEVER);
    return [...done];
  };
  const change = (to: (record: QueuePauseRecord | undefined) => QueuePauseRecord | undefined): Promise<void> =>
    queuePauses.update("gar", (record) => {
      const next = to(record);
      return next === undefined ? { answer: undefined } : { next, answer: undefined };
    });
  const hold = (): Promise<void> => change((record) => heldQueues(record, { by: "ann", now: time.now }));
  const release = (): Promise<void> => change((record) => releasedQueues(record, time.now));
  return { open, reopen, suspect, minute, queuePause, circuit, target, failing, observer, time, done, hold, release };
}

const away = new RegistryError(
  { side: "target", operation: "start-upload", subject: "p", category: "deferred", status: 503 },
  "away",
);

describe("the probe", () => {
  it("does nothing while all circuits are closed", async () => {
    const { minute, queuePause } = setUp();
    expect(await minute()).toEqual([]);
    expect(await queuePause()).toBeUndefined();
  });

  it("pauses the queues of a circuit that is open for two minutes, and of no other", async () => {
    const { open, minute } = setUp();
    await open(1);
    expect(await minute()).toEqual([]);
    expect(await minute()).toEqual([]);
    expect(await minute()).toEqual(["gar paused"]);
  });

  it("probes the destination once a minute, then resumes with two copies and doubles them every minute", async () => {
    const { open, minute, target, circuit, queuePause, observer } = setUp();
    target.problem = away;
    await open(0);
    await minute();
    expect(await minute()).toEqual(["gar paused"]);
    expect(await minute()).toEqual(["probe gar"]);
    expect(await circuit()).toMatchObject({ state: "open" });
    target.problem = undefined;
    expect(await minute()).toEqual(["probe gar", "probe gar", "gar 2"]);
    expect(await circuit()).toMatchObject({ state: "closed" });
    const changes = observer.counts.filter(({ metric }) => metric.startsWith("Circuits"));
    expect(changes).toEqual([{ metric: "CircuitsClosed", value: 1, destination: "gar" }]);
    const opened: string[][] = [];
    for (let step = 0; step < 7; step++) opened.push(await minute());
    expect(opened).toEqual([["gar 4"], ["gar 8"], ["gar 16"], ["gar 32"], ["gar full"], [], []]);
    expect(await queuePause()).toEqual({ state: "full" });
  });

  it("leaves a circuit open that opened again during the probe", async () => {
    const { open, minute, target, circuit, reopen, time } = setUp();
    await open(0);
    await minute();
    await minute();
    target.meanwhile = () => reopen(time.now + MINUTE, 3);
    expect(await minute()).toEqual(["probe gar"]);
    expect(await circuit()).toEqual({ state: "open", since: 0, until: time.now + MINUTE, trips: 3 });
  });

  it("closes a circuit after the required number of writes, those of copies included", async () => {
    const { open, minute, target, circuit, done } = setUp();
    await open(0);
    await minute();
    await minute();
    let asked = 0;
    target.meanwhile = () => void (asked++ === 1 && (target.problem = away));
    await minute();
    expect(done.filter((what) => what === "probe gar")).toHaveLength(2);
    expect(await circuit()).toMatchObject({ state: "half-open", successes: 1 });
    target.meanwhile = undefined;
    target.problem = undefined;
    expect(await minute()).toEqual(["probe gar", "gar 2"]);
  });

  it("probes its own repository when calls fail in one repository alone", async () => {
    const { minute, target, circuit, suspect } = setUp();
    await suspect(10);
    expect(await minute()).toEqual(["probe gar"]);
    expect(await circuit()).toMatchObject({ state: "closed" });
    await suspect(10);
    target.problem = away;
    expect(await minute()).toEqual(["probe gar"]);
    expect(await circuit()).toMatchObject({ state: "open", trips: 1 });
  });

  it("learns nothing while the rate is exhausted", async () => {
    const { open, minute, target, circuit } = setUp();
    await open(0);
    await minute();
    await minute();
    const before = await circuit();
    target.problem = new RateExceededError("gar", 20_000);
    expect(await minute()).toEqual(["probe gar"]);
    expect(await circuit()).toEqual(before);
  });

  it("takes a refusal of the login as a sign that the destination is available", async () => {
    const { open, minute, target, circuit } = setUp();
    target.problem = new RegistryError(
      { side: "target", operation: "start-upload", subject: "p", category: "permanent", status: 403 },
      "denied",
    );
    await open(0);
    await minute();
    await minute();
    await minute();
    expect(await circuit()).toMatchObject({ state: "closed" });
  });

  it("pauses again when the destination becomes unavailable while its queues are being resumed", async () => {
    const { open, minute, time, queuePause } = setUp();
    await open(0);
    await minute();
    await minute();
    await minute();
    await minute();
    expect(await queuePause()).toMatchObject({ state: "reopening" });
    await open(time.now);
    await minute();
    expect(await minute()).toEqual(["gar paused"]);
  });

  it("repeats a failed step a minute later", async () => {
    const { open, minute, failing, observer, queuePause } = setUp();
    await open(0);
    await minute();
    failing.lambda = true;
    await minute();
    expect(await queuePause()).toMatchObject({ state: "paused", isDone: false });
    expect(observer.lines.at(-1)?.fields).toMatchObject({ destination: "gar", error: "ResourceInUseException" });
    failing.lambda = false;
    expect(await minute()).toEqual(["gar paused"]);
  });
});

describe("queues that were paused", () => {
  it("are abandoned when no probe has handled them for a quarter of an hour", () => {
    const paused = { state: "paused", since: 0, probedAt: 5 * MINUTE, isDone: true } as const;
    expect(isPauseAbandoned(paused, 20 * MINUTE)).toBe(false);
    expect(isPauseAbandoned(paused, 20 * MINUTE + 1)).toBe(true);
    expect(isPauseAbandoned({ state: "full" }, 1e12)).toBe(false);
    expect(isPauseAbandoned(undefined, 1e12)).toBe(false);
  });
});

describe("a pause of an operator", () => {
  it("stops the copies to one destination, until the operator ends it: then they begin with two, and double", async () => {
    const { minute, hold, release, queuePause } = setUp();
    await hold();
    expect(await minute()).toEqual(["gar paused"]);
    expect(await queuePause()).toMatchObject({ state: "held", by: "ann", isDone: true });
    for (let passed = 0; passed < 30; passed++) expect(await minute()).toEqual([]);
    await release();
    expect([await minute(), await minute()]).toEqual([["gar 2"], ["gar 4"]]);
  });

  it("is tried again when Lambda does not pause the queues", async () => {
    const { minute, hold, failing } = setUp();
    await hold();
    failing.lambda = true;
    expect(await minute()).toEqual([]);
    failing.lambda = false;
    expect(await minute()).toEqual(["gar paused"]);
  });

  it("is not ended by the end of an outage, and does not hide one", async () => {
    const { open, minute, hold, release, target, queuePause } = setUp();
    target.problem = away;
    await open(0);
    await minute();
    expect(await minute()).toEqual(["gar paused"]);
    await hold();
    target.problem = undefined;
    expect(await minute()).toEqual(["gar paused"]);
    expect(await minute()).toEqual([]);
    expect(await queuePause()).toMatchObject({ state: "held" });
    target.problem = away;
    await release();
    expect(await minute()).toEqual(["probe gar"]);
    target.problem = undefined;
    expect(await minute()).toEqual(["probe gar", "probe gar", "gar 2"]);
  });

  it("wins over a resumption that has begun before", async () => {
    const { open, minute, hold, target, queuePause } = setUp();
    await open(0);
    await minute();
    await minute();
    // The operator asks while the destination is being probed, which succeeds: the queues are resumed once more.
    target.meanwhile = hold;
    await minute();
    target.meanwhile = undefined;
    expect(await queuePause()).toMatchObject({ state: "held", isDone: false });
    expect(await minute()).toEqual(["gar paused"]);
    expect(await minute()).toEqual([]);
  });

  it("is begun and ended once", () => {
    const held = heldQueues(undefined, { by: "ann", now: 1 });
    expect(heldQueues(held, { by: "bob", now: 2 })).toBeUndefined();
    expect(releasedQueues({ state: "full" }, 2)).toBeUndefined();
    expect(releasedQueues({ state: "paused", since: 1, probedAt: 1, isDone: true }, 2)).toBeUndefined();
  });
});
