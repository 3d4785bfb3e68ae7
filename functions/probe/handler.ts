import type { Destination } from "../../src/contract/configuration/configuration-document.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { CIRCUIT } from "../../src/contract/stack/limits.ts";
import { circuitPolicy } from "../../src/replication/destination/circuit-policy.ts";
import { isSuspected } from "../../src/replication/destination/circuit-probe.ts";
import type { CircuitState } from "../../src/replication/destination/circuit.ts";
import { nextQueuePauseStep, resumedQueues, pausedQueues } from "../../src/replication/destination/queue-pause.ts";
import type { QueuePauseRecord, QueuePauseStep } from "../../src/replication/destination/queue-pause.ts";
import { measurePending } from "./measure-pending.ts";
import type { ProbeDependencies } from "./probe-dependencies.ts";
import { probeDestination, isClosed } from "./probe-destination.ts";

/** Circuit states as values of a metric, for an alarm. */
const STATES = { closed: 0, "half-open": 1, open: 2 } as const satisfies Record<CircuitState, number>;

/** The step taken for every destination. */
export type ProbeReport = Readonly<Record<string, QueuePauseStep["kind"] | "failed">>;

/**
 * Handles unavailable destinations. Pauses the queues of a circuit that stays open, probes whether the destination is
 * available again, and resumes its queues with two concurrent copies, doubled every minute. When calls fail in one
 * repository alone, it probes another one. To be invoked once a minute.
 */
export function createHandler(dependencies: ProbeDependencies) {
  return async (signal: AbortSignal): Promise<ProbeReport> => {
    const lane = startWaitingLongLane(dependencies, signal);
    const steps = dependencies.configuration.destinations.map(async (destination) => {
      const step = await handleDestination(destination, dependencies, signal);
      await measurePending(destination.name, { ...dependencies, isAvailable: step === "leave" }, signal);
      return [destination.name, step] as const;
    });
    const report = Object.fromEntries(await Promise.all(steps));
    await lane;
    return report;
  };
}

/** If no build can be started, the next invocation tries again: the queue still shows what waits. */
async function startWaitingLongLane(
  { startLongLane, observer }: ProbeDependencies,
  signal: AbortSignal,
): Promise<void> {
  try {
    const step = await startLongLane?.(signal);
    if (step === "started") observer.info("Long lane started", {});
    if (step === "refused") observer.warn("The build of the long lane was refused, and none is running", {});
  } catch (error) {
    observer.error("Long lane could not be started", { error: describeError(error) });
  }
}

/** Never throws: the failure of one destination must not affect the others. */
async function handleDestination(
  { name, circuit: settings }: Destination,
  dependencies: ProbeDependencies,
  signal: AbortSignal,
): Promise<ProbeReport[string]> {
  const { circuits, queuePauses, fullConcurrency, now, observer } = dependencies;
  const policy = circuitPolicy({ ...CIRCUIT, ...settings });
  try {
    const seen = await circuits.read(name, signal);
    const queuePause = await queuePauses.read(name, signal);
    observer.count(Metric.circuitState, STATES[seen?.state ?? "closed"], name);
    let step = nextQueuePauseStep(queuePause, seen, fullConcurrency, now());
    if (seen !== undefined && (step.kind === "probe" || isSuspected(seen, policy, now()))) {
      const circuit = await probeDestination({ destination: name, seen, policy }, dependencies, signal);
      await recordProbe(name, dependencies, signal);
      // Available again: resume the queues in this invocation.
      if (step.kind === "probe" && isClosed(circuit))
        step = nextQueuePauseStep(queuePause, circuit, fullConcurrency, now());
    }
    if (step.kind === "pause") await pause(name, dependencies, signal);
    if (step.kind === "hold") await hold(name, dependencies, signal);
    if (step.kind === "admit") await resume(name, step.concurrency, dependencies, signal);
    return step.kind;
  } catch (error) {
    observer.error("Circuit or queues of the destination could not be handled", {
      destination: name,
      error: describeError(error),
    });
    return "failed";
  }
}

/** Records first, then pauses: a request that times out may still take effect, and then the queues must be resumed later. */
async function pause(
  destination: string,
  { setQueueState, queuePauses, now, observer }: ProbeDependencies,
  signal: AbortSignal,
): Promise<void> {
  const note = (isDone: boolean): Promise<void> =>
    queuePauses.update(destination, unlessHeld(pausedQueues(now(), isDone)), signal);
  await note(false);
  await setQueueState(destination, "paused", signal);
  await note(true);
  observer.warn("Queues paused: the destination is unavailable", { destination });
}

/** A record that an operator has changed meanwhile stays: the next invocation pauses the queues, again if need be. */
function unlessHeld(next: QueuePauseRecord) {
  return (record: QueuePauseRecord | undefined) =>
    record?.state === "held" ? { next: { ...record, isDone: false }, answer: undefined } : { next, answer: undefined };
}

/** Pauses the queues that an operator has asked to pause. */
async function hold(
  destination: string,
  { setQueueState, queuePauses, observer }: ProbeDependencies,
  signal: AbortSignal,
): Promise<void> {
  await setQueueState(destination, "paused", signal);
  const done = (record: QueuePauseRecord | undefined) =>
    record?.state === "held" ? { next: { ...record, isDone: true }, answer: undefined } : { answer: undefined };
  await queuePauses.update(destination, done, signal);
  observer.info("Queues paused, as an operator has asked", { destination });
}

/** Resumes first, then records: a step that was not recorded is repeated. */
async function resume(
  destination: string,
  concurrency: number | undefined,
  { setQueueState, queuePauses, now, observer }: ProbeDependencies,
  signal: AbortSignal,
): Promise<void> {
  await setQueueState(destination, { concurrency }, signal);
  await queuePauses.update(destination, unlessHeld(resumedQueues(concurrency, now())), signal);
  observer.info("Queues resumed", { destination, concurrency });
}

/** Records that the probe function handles the pause, so that the comparison does not resume the queues. */
async function recordProbe(
  destination: string,
  { queuePauses, now }: ProbeDependencies,
  signal: AbortSignal,
): Promise<void> {
  const looked = (record: QueuePauseRecord | undefined) =>
    record?.state === "paused" ? { next: { ...record, probedAt: now() }, answer: undefined } : { answer: undefined };
  await queuePauses.update(destination, looked, signal);
}
