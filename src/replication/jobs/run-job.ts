import type { Clock } from "../../async/clock.ts";
import { withTimeLimit } from "../../async/time-limit.ts";
import { LeaseLostError, withHeartbeat } from "../state/lease-heartbeat.ts";
import type { RecordStore } from "../state/record-store.ts";
import type { Job } from "./job.ts";
import { claimRun, endRun, renewRun } from "./job-runs.ts";
import type { JobRun, JobRunsRecord, RunOutcome } from "./job-runs.ts";

/** A run took longer than its job allows. */
export class JobTimeoutError extends Error {
  override readonly name = "JobTimeoutError";
}

/** An operator cancelled the run. */
export class JobCancelledError extends Error {
  override readonly name = "JobCancelledError";
}

/** A job with its work. */
export interface RunnableJob extends Pick<Job, "name" | "timeoutSeconds" | "retries"> {
  /** Does the job once. @returns what it did, in a few words. */
  readonly run: (signal: AbortSignal) => Promise<string>;
}

export interface RunPorts {
  readonly runs: RecordStore<JobRunsRecord>;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Whether another attempt may succeed without a change. */
  readonly isTransient: (error: unknown) => boolean;
  readonly describe: (error: unknown) => string;
  /** Aborted when the process must end, which is later than the run: its end is still recorded. */
  readonly ending: AbortSignal;
}

/** A run that has ended; `duplicate`: this run was delivered before, and nothing was done. */
export type EndedRun = { readonly kind: "duplicate" } | { readonly kind: "ended"; readonly run: JobRun };

/** A lease expires after this time without a renewal, in milliseconds. */
export const JOB_LEASE_MS = 45_000;
/** Wait before the second attempt, in milliseconds; it doubles, and is multiplied by a random number from 0.5 to 1. */
const BACKOFF_MS = 1_000;

/**
 * Runs a job under its lease: alone, within its time limit, with retries of transient failures, and until an operator cancels it. Its end is
 * recorded, whatever it is. @throws {StoreError} when the lease cannot be taken, or the end cannot be recorded.
 */
export async function runJob(job: RunnableJob, id: string, ports: RunPorts, signal: AbortSignal): Promise<EndedRun> {
  const { runs, clock, ending } = ports;
  const startedAt = clock.now();
  const claim = () => ({ id, now: clock.now(), leaseMs: JOB_LEASE_MS });
  const claimed = await runs.update(job.name, (record) => claimRun(record, claim()), signal);
  if (claimed === "duplicate") return { kind: "duplicate" };
  if (claimed === "overlapping")
    return { kind: "ended", run: { id, startedAt, endedAt: startedAt, attempts: 0, outcome: { kind: "overlapping" } } };
  const renew = async (renewing: AbortSignal): Promise<boolean> => {
    const renewed = await runs.update(job.name, (record) => renewRun(record, claim()), renewing);
    if (renewed === "cancelled") throw new JobCancelledError("an operator cancelled the run");
    return renewed === "renewed";
  };
  const progress = { attempts: 0 };
  const limit = {
    ms: job.timeoutSeconds * 1_000,
    error: () => new JobTimeoutError(`the job was not done within ${job.timeoutSeconds} s`),
  };
  const outcome = await withTimeLimit(
    clock,
    limit,
    (limited) =>
      withHeartbeat({ leaseMs: JOB_LEASE_MS, renew }, clock, limited, (working) =>
        attempt(job, progress, ports, working),
      ),
    signal,
  ).catch((error: unknown) => failure(error, ports));
  const run: JobRun = { id, startedAt, endedAt: clock.now(), attempts: progress.attempts, outcome };
  await runs.update(job.name, (record) => endRun(record, run), ending);
  return { kind: "ended", run };
}

/** Tries a job at least once, and again after transient failures. */
async function attempt(
  job: RunnableJob,
  progress: { attempts: number },
  { clock, random, isTransient }: RunPorts,
  signal: AbortSignal,
): Promise<RunOutcome> {
  for (;;) {
    progress.attempts++;
    try {
      return { kind: "succeeded", result: await job.run(signal) };
    } catch (error) {
      signal.throwIfAborted();
      if (progress.attempts > job.retries || !isTransient(error)) throw error;
    }
    await clock.sleep(BACKOFF_MS * 2 ** (progress.attempts - 1) * (0.5 + random() / 2), signal);
  }
}

function failure(error: unknown, { describe }: RunPorts): RunOutcome {
  if (error instanceof JobTimeoutError) return { kind: "timed-out" };
  if (error instanceof JobCancelledError) return { kind: "cancelled" };
  if (error instanceof LeaseLostError) return { kind: "failed", reason: "the lease of the run was lost" };
  return { kind: "failed", reason: describe(error) };
}
