import type { CircuitPolicy, CircuitRecord } from "./circuit.ts";
import { noteCalls } from "./circuit.ts";
import { destinationHealth } from "./destination-health.ts";
import type { Change } from "../state/record-store.ts";

export interface CircuitProbe {
  /** The circuit before the probe. */
  readonly seen: CircuitRecord;
  /** The destination accepted a write. */
  readonly isHealthy: boolean;
  /** The repository that was probed. */
  readonly repository: string;
  readonly now: number;
}

/** True when calls fail in one repository alone: a probe of another one shows whether the destination is unavailable. */
export function isSuspected(record: CircuitRecord | undefined, policy: CircuitPolicy, now: number): boolean {
  if (record?.state !== "closed") return false;
  return destinationHealth(policy.window.total(record.buckets, now), policy) === "suspected";
}

/**
 * Counts a probe like any other call. It changes only the circuit that was read before the probe: a circuit that opened
 * again during the probe stays open. Answers with the circuit after the change.
 */
export function noteProbe(
  record: CircuitRecord | undefined,
  { seen, isHealthy, repository, now }: CircuitProbe,
  policy: CircuitPolicy,
): Change<CircuitRecord, CircuitRecord | undefined> {
  if (seen.state === "closed") {
    const repositories = isHealthy ? [] : [{ repository, failures: 1, slow: 0 }];
    const counts = { calls: 1, failures: Number(!isHealthy), slow: 0, repositories };
    return answeringRecord(record, noteCalls(record, { owner: repository, counts, writes: 0, now }, policy));
  }
  if (!isHealthy || record === undefined || record.state === "closed" || !isSame(record, seen))
    return { answer: record };
  const { since, trips } = record;
  const known = record.state === "half-open" ? record : { permits: [], successes: 0 };
  const successes = known.successes + 1;
  const next: CircuitRecord =
    successes >= policy.successesToClose
      ? { state: "closed", buckets: [] }
      : { state: "half-open", since, trips, permits: known.permits, successes };
  return { next, answer: next };
}

type Tripped = Exclude<CircuitRecord, { state: "closed" }>;

/** True for the same opening of the same outage. A circuit that became half-open since then is still the same. */
function isSame(record: Tripped, seen: Tripped): boolean {
  if (record.since !== seen.since || record.trips !== seen.trips) return false;
  return record.state !== "open" || seen.state !== "open" || record.until === seen.until;
}

function answeringRecord(
  record: CircuitRecord | undefined,
  { next }: Change<CircuitRecord, unknown>,
): Change<CircuitRecord, CircuitRecord | undefined> {
  return next === undefined ? { answer: record } : { next, answer: next };
}
