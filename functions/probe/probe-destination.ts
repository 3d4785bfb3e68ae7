import { PROBE_REPOSITORY } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { RateExceededError } from "../../src/oci/errors/rate-exceeded-error.ts";
import { RegistryError } from "../../src/oci/errors/registry-error.ts";
import { noteProbe } from "../../src/replication/destination/circuit-probe.ts";
import type { CircuitProbe } from "../../src/replication/destination/circuit-probe.ts";
import type { CircuitPolicy, CircuitRecord } from "../../src/replication/destination/circuit.ts";
import { isOutage } from "../../src/replication/destination/observed-target.ts";
import type { ProbeDependencies } from "./handler.ts";

/** Time a destination has to answer a probe, in milliseconds. */
const PROBE_MS = 15_000;

export interface ProbedDestination {
  readonly destination: string;
  /** The circuit as it was before the destination was asked. */
  readonly seen: CircuitRecord;
  readonly policy: CircuitPolicy;
}

/**
 * Asks a destination whether it takes writes, as often as its circuit wants to see writes that go well, and tells the
 * circuit. Answers with the circuit after that: it is closed by what it counts, never by us.
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
      isHealthy: answer === "well",
      repository: PROBE_REPOSITORY,
      now: now(),
    };
    const before = circuit?.state;
    circuit = await circuits.update(destination, (record) => noteProbe(record, note, policy), signal);
    countChange(before, circuit, destination, observer);
    if (circuit?.state !== "half-open" || answer === "away") break;
  }
  if (seen.state !== "closed" && isClosed(circuit)) observer.info("Destination is back", { destination });
  return circuit;
}

/** What the probe's answers did to the circuit is counted like what a copy's did. */
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

/** A destination that takes a write is well, and so is one that answers anything but that it is away. */
async function probeOnce(
  destination: string,
  { probe, timeout, observer }: ProbeDependencies,
  signal: AbortSignal,
): Promise<"well" | "away" | "unknown"> {
  try {
    await probe(destination, AbortSignal.any([signal, timeout(PROBE_MS)]));
    return "well";
  } catch (error) {
    // Our own end says nothing of the destination.
    signal.throwIfAborted();
    if (error instanceof RateExceededError) {
      observer.info("Destination was not asked: its rate is used up", { destination });
      return "unknown";
    }
    if (error instanceof RegistryError && !isOutage(error)) return "well";
    observer.info("Destination is still away", { destination, error: describeError(error) });
    return "away";
  }
}
