import type { Clock } from "../../async/clock.ts";
import type { RecordStore } from "../../replication/state/record-store.ts";
import { LeaseLostError, withHeartbeat } from "../../replication/state/lease-heartbeat.ts";
import { fitted } from "./fitted-result.ts";
import { advanceInspection, claimInspection, leaveInspection } from "./inspection-record.ts";
import type { InspectionRecord, InspectionStop, RunningInspection, Step, Wanted } from "./inspection-record.ts";

/** An operator has cancelled the inspection. */
class InspectionCancelledError extends Error {
  override readonly name = "InspectionCancelledError";
}

export interface InspectionPorts {
  readonly inspections: RecordStore<InspectionRecord>;
  readonly clock: Clock;
  /** Unique to the invocation. */
  readonly owner: string;
  /** Aborted when the process must end, which is later than the work: what was found is still recorded. */
  readonly ending: AbortSignal;
}

export type InspectionEnd =
  /** `busy`: another invocation works on it, or has taken it over. `rest`: there is nothing to continue. `given-up`: it has failed too often. */
  | { readonly kind: "busy" | "rest" | "cancelled" | "given-up" | "failed" }
  /** `partial`: the time ran out; the next claim continues after the last step. */
  | { readonly kind: "finished" | "partial"; readonly inspection: RunningInspection };

export interface AskedInspection {
  readonly job: string;
  /** Without a run, only what is not over is continued. */
  readonly wanted: Wanted | { readonly configuration: string };
  /** The steps from where the inspection is; the last one is yielded even when there is nothing to do. */
  readonly steps: (inspection: RunningInspection, signal: AbortSignal) => AsyncIterable<Step>;
}

/** A lease expires after this time without a renewal, in milliseconds. */
export const INSPECTION_LEASE_MS = 45_000;

/**
 * Begins or continues the inspection of a job, and records each step with the place where the next one begins: both in one write, so nothing
 * counts twice. Until `signal` is aborted, an operator cancels it, or it is over.
 * @throws {StoreError} when the lease cannot be taken, or the end cannot be recorded. @throws what a step throws: the next claim tries it again.
 */
export async function runInspection(
  { job, wanted, steps }: AskedInspection,
  ports: InspectionPorts,
  signal: AbortSignal,
): Promise<InspectionEnd> {
  const { inspections, clock, owner, ending } = ports;
  const leaseMs = INSPECTION_LEASE_MS;
  const claim = () => ({ owner, now: clock.now(), leaseMs });
  const claimed = await inspections.update(job, (record) => claimInspection(record, claim(), wanted), signal);
  if (claimed.kind !== "go") return claimed;
  let { inspection } = claimed;
  const advance = async (working: AbortSignal, step?: Step): Promise<boolean> => {
    const next = step && { ...step, result: fitted(step.result) };
    const advanced = await inspections.update(job, (record) => advanceInspection(record, claim(), next), working);
    if (advanced === "cancelled") throw new InspectionCancelledError("an operator cancelled the job");
    if (advanced === "ours" && next !== undefined) inspection = { ...inspection, ...next };
    return advanced === "ours";
  };
  const work = async (working: AbortSignal): Promise<void> => {
    for await (const step of steps(inspection, working))
      if (!(await advance(working, step))) throw new LeaseLostError("another invocation has taken over");
  };
  let end: InspectionStop = "failed";
  try {
    await withHeartbeat({ leaseMs, renew: (renewing) => advance(renewing) }, clock, signal, work);
    end = "finished";
  } catch (error) {
    if (!signal.aborted && !isExpected(error)) throw error;
    end = "partial";
  } finally {
    // What was cancelled or taken over stays as its record says.
    end = await inspections.update(job, (record) => leaveInspection(record, claim(), end), ending);
  }
  return end === "finished" || end === "partial" ? { kind: end, inspection } : { kind: end };
}

function isExpected(error: unknown): boolean {
  return error instanceof InspectionCancelledError || error instanceof LeaseLostError;
}
