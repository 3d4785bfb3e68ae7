import type { Destination } from "../../src/contract/configuration/configuration-document.ts";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { CIRCUIT } from "../../src/contract/stack/limits.ts";
import { circuitPolicy } from "../../src/replication/destination/circuit-policy.ts";
import { isSuspected } from "../../src/replication/destination/circuit-probe.ts";
import type { CircuitRecord, CircuitState } from "../../src/replication/destination/circuit.ts";
import { nextQueuePauseStep, resumedQueues, pausedQueues } from "../../src/replication/destination/queue-pause.ts";
import type { QueuePauseRecord, QueuePauseStep, SetQueueState } from "../../src/replication/destination/queue-pause.ts";
import type { RecordStore } from "../../src/replication/state/record-store.ts";
import { probeDestination, isClosed } from "./probe-destination.ts";

export interface ProbeDependencies {
  readonly configuration: Configuration;
  readonly circuits: RecordStore<CircuitRecord>;
  readonly queuePauses: RecordStore<QueuePauseRecord>;
  /** Asks a destination whether it takes writes. @throws {RegistryError} when it does not. */
  readonly probe: (destination: string, signal: AbortSignal) => Promise<void>;
  readonly setQueueState: SetQueueState;
  /** Has somebody see to what waits for the long lane; undefined where there is none. */
  readonly startLongLane?: ((signal: AbortSignal) => Promise<"idle" | "started" | "running" | "refused">) | undefined;
  /** Copies at once per destination, as deployed. */
  readonly fullConcurrency: number;
  readonly now: () => number;
  readonly timeout: (ms: number) => AbortSignal;
  readonly observer: Observer;
}

/** Circuits as numbers, so that an alarm can look at them. */
const STATES = { closed: 0, "half-open": 1, open: 2 } as const satisfies Record<CircuitState, number>;

/** What was done about every destination. */
export type ProbeReport = Readonly<Record<string, QueuePauseStep["kind"] | "failed">>;

/**
 * Looks after destinations that are away: pauses the queues of a circuit that stays open, asks whether the destination is
 * back, and lets copies in again, two first and then twice as many every minute. A destination of which only one repository
 * says that it is away is asked in another. Meant to be called once a minute.
 */
export function createHandler(dependencies: ProbeDependencies) {
  return async (signal: AbortSignal): Promise<ProbeReport> => {
    const lane = lookAfterLongLane(dependencies, signal);
    const steps = dependencies.configuration.destinations.map(
      async (destination) => [destination.name, await lookAfter(destination, dependencies, signal)] as const,
    );
    const report = Object.fromEntries(await Promise.all(steps));
    await lane;
    return report;
  };
}

/** What is not started now is started in a minute: the queue says what waits. */
async function lookAfterLongLane({ startLongLane, observer }: ProbeDependencies, signal: AbortSignal): Promise<void> {
  try {
    const step = await startLongLane?.(signal);
    if (step === "started") observer.info("Long lane started", {});
    if (step === "refused") observer.warn("Long lane was refused a build, and none is at work yet", {});
  } catch (error) {
    observer.error("Long lane could not be started", { error: describeError(error) });
  }
}

/** One destination's failure is not the others'. */
async function lookAfter(
  { name, circuit: settings }: Destination,
  dependencies: ProbeDependencies,
  signal: AbortSignal,
): Promise<ProbeReport[string]> {
  const { circuits, queuePauses, fullConcurrency, now, observer } = dependencies;
  const policy = circuitPolicy({ ...CIRCUIT, ...settings });
  try {
    const seen = await circuits.read(name, signal);
    const intake = await queuePauses.read(name, signal);
    observer.count(Metric.circuitState, STATES[seen?.state ?? "closed"], name);
    let step = nextQueuePauseStep(intake, seen, fullConcurrency, now());
    if (seen !== undefined && (step.kind === "probe" || isSuspected(seen, policy, now()))) {
      const circuit = await probeDestination({ destination: name, seen, policy }, dependencies, signal);
      await noteLook(name, dependencies, signal);
      // Back again: the first copies are let in at once.
      if (step.kind === "probe" && isClosed(circuit))
        step = nextQueuePauseStep(intake, circuit, fullConcurrency, now());
    }
    if (step.kind === "pause") await pause(name, dependencies, signal);
    if (step.kind === "admit") await admit(name, step.concurrency, dependencies, signal);
    return step.kind;
  } catch (error) {
    observer.error("Destination could not be looked after", { destination: name, error: describeError(error) });
    return "failed";
  }
}

/** Noted first, then paused: an order without an answer may still take effect, and then the queues have to be opened. */
async function pause(
  destination: string,
  { setQueueState, queuePauses, now, observer }: ProbeDependencies,
  signal: AbortSignal,
): Promise<void> {
  const note = (isDone: boolean): Promise<void> =>
    queuePauses.update(destination, () => ({ next: pausedQueues(now(), isDone), answer: undefined }), signal);
  await note(false);
  await setQueueState(destination, "paused", signal);
  await note(true);
  observer.warn("Queues paused: the destination is away", { destination });
}

/** Opened first, then noted: what was not noted is done again. */
async function admit(
  destination: string,
  concurrency: number | undefined,
  { setQueueState, queuePauses, now, observer }: ProbeDependencies,
  signal: AbortSignal,
): Promise<void> {
  await setQueueState(destination, { concurrency }, signal);
  const opened = () => ({ next: resumedQueues(concurrency, now()), answer: undefined });
  await queuePauses.update(destination, opened, signal);
  observer.info("Queues read again", { destination, concurrency });
}

/** The queues are looked after: the comparison does not have to open them. */
async function noteLook(
  destination: string,
  { queuePauses, now }: ProbeDependencies,
  signal: AbortSignal,
): Promise<void> {
  const looked = (record: QueuePauseRecord | undefined) =>
    record?.state === "paused" ? { next: { ...record, probedAt: now() }, answer: undefined } : { answer: undefined };
  await queuePauses.update(destination, looked, signal);
}
