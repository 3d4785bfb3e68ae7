import { PROBE_REPOSITORY } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { RateExceededError } from "../../src/oci/errors/rate-exceeded-error.ts";
import { RegistryError } from "../../src/oci/errors/registry-error.ts";
import { noteProbe } from "../../src/replication/destination/circuit-probe.ts";
import type { CircuitProbe } from "../../src/replication/destination/circuit-probe.ts";
import type { CircuitPolicy, CircuitRecord } from "../../src/replication/destination/circuit.ts";
import { isOutage } from "../../src/replication/destination/observed-target.ts";
import type { ProbeDependencies } from "./probe-dependencies.ts";

/** Timeout of a probe, in milliseconds. */
const PROBE_MS = 15_000;

export interface ProbedDestination {
  readonly destination: string;
  /** The circuit before the probe. */
  readonly seen: CircuitRecord;
  readonly policy: CircuitPolicy;
}

/**
 * Probes a destination with writes, at most as many as close its circuit, and counts each in the circuit. Answers with the
 * circuit after the last probe. Only the counted writes close a circuit; this function never sets its state itself.
 */
export async function probeDestination(
  { destination, seen, policy }: ProbedDestination,
  dependencies: ProbeDependencies,
  signal: AbortSignal,
): Promise<CircuitRecord | undefined> {
  const { circuits, now, observer } = dependencies;
  let circuit: CircuitRecord | undefined = seen;
  for (let probes = 0; probes < policy.successesToClose; probes++) {
    const answer = await probeOnce(destination, dependencies, signal);
    if (answer === "unknown") return circuit;
    const note: CircuitProbe = {
      seen: circuit,
      isHealthy: answer === "available",
      repository: PROBE_REPOSITORY,
      now: now(),
    };
    const before = circuit?.state;
    circuit = await circuits.update(destination, (record) => noteProbe(record, note, policy), signal);
    countChange(before, circuit, destination, observer);
    if (circuit?.state !== "half-open" || answer === "unavailable") break;
  }
  if (seen.state !== "closed" && isClosed(circuit)) observer.info("Destination is available again", { destination });
  return circuit;
}

/** A probe that opens or closes a circuit is counted like a copy that does. */
function countChange(
  before: CircuitRecord["state"] | undefined,
  after: CircuitRecord | undefined,
  destination: string,
  observer: ProbeDependencies["observer"],
): void {
  const wasClosed = before === undefined || before === "closed";
  if (wasClosed && after?.state === "open") observer.count(Metric.circuitsOpened, 1, destination);
  if (!wasClosed && isClosed(after)) observer.count(Metric.circuitsClosed, 1, destination);
}

export function isClosed(circuit: CircuitRecord | undefined): boolean {
  return circuit === undefined || circuit.state === "closed";
}

/** A destination is available when it accepts the write, and when it refuses it for any reason but an outage. */
async function probeOnce(
  destination: string,
  { probe, timeout, observer }: ProbeDependencies,
  signal: AbortSignal,
): Promise<"available" | "unavailable" | "unknown"> {
  try {
    await probe(destination, AbortSignal.any([signal, timeout(PROBE_MS)]));
    return "available";
  } catch (error) {
    // Our own deadline says nothing about the destination.
    signal.throwIfAborted();
    if (error instanceof RateExceededError) {
      observer.info("Destination was not probed: its rate is exhausted", { destination });
      return "unknown";
    }
    if (error instanceof RegistryError && !isOutage(error)) return "available";
    observer.info("Destination is still unavailable", { destination, error: describeError(error) });
    return "unavailable";
  }
}
