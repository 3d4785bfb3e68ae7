import * as z from "zod";
import type { Change } from "../state/record-store.ts";

/** How a run ended. `overlapping`: another run of the job was under way. `crashed`: its lease expired. */
export const RunOutcome = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("succeeded"), result: z.string() }),
  z.object({ kind: z.literal("failed"), reason: z.string() }),
  z.object({ kind: z.enum(["timed-out", "cancelled", "overlapping", "crashed"]) }),
]);
export type RunOutcome = z.infer<typeof RunOutcome>;

/** One run that has ended. Times are epoch milliseconds. */
export const JobRun = z.object({
  id: z.string(),
  startedAt: z.number(),
  endedAt: z.number(),
  attempts: z.int().nonnegative(),
  outcome: RunOutcome,
});
export type JobRun = z.infer<typeof JobRun>;

/** The runs of one job; one item of the store. */
export const JobRunsRecord = z.object({
  /** The run under way, and until when its lease lasts. */
  running: z.object({ id: z.string(), startedAt: z.number(), until: z.number(), isCancelled: z.boolean() }).optional(),
  /** The newest first, {@link MAX_HISTORY} at most. */
  history: z.array(JobRun),
});
export type JobRunsRecord = z.infer<typeof JobRunsRecord>;

/** Runs that are remembered. */
export const MAX_HISTORY = 50;

const NONE: JobRunsRecord = { history: [] };

export interface Claim {
  readonly id: string;
  readonly now: number;
  readonly leaseMs: number;
}

/**
 * Takes the lease of a job. `duplicate`: this run has started or ended before, as EventBridge Scheduler and Lambda deliver at least once.
 * A lease that has expired belongs to a run that crashed.
 */
export function claimRun(
  record: JobRunsRecord = NONE,
  { id, now, leaseMs }: Claim,
): Change<JobRunsRecord, "claimed" | "overlapping" | "duplicate"> {
  const { running } = record;
  if (record.history.some((run) => run.id === id)) return { answer: "duplicate" };
  if (running !== undefined && running.until > now) {
    if (running.id === id) return { answer: "duplicate" };
    const run: JobRun = { id, startedAt: now, endedAt: now, attempts: 0, outcome: { kind: "overlapping" } };
    return { next: { ...record, history: remembered(run, record) }, answer: "overlapping" };
  }
  const history = running === undefined ? record.history : remembered(crashed(running), record);
  // A run that crashed is not repeated under its own id: its job may have had an effect.
  if (history[0]?.id === id) return { next: { history }, answer: "duplicate" };
  return {
    next: { running: { id, startedAt: now, until: now + leaseMs, isCancelled: false }, history },
    answer: "claimed",
  };
}

/** Extends the lease; `lost`: another run has it. */
export function renewRun(
  record: JobRunsRecord = NONE,
  { id, now, leaseMs }: Claim,
): Change<JobRunsRecord, "renewed" | "cancelled" | "lost"> {
  const { running } = record;
  if (running?.id !== id) return { answer: "lost" };
  if (running.isCancelled) return { answer: "cancelled" };
  return { next: { ...record, running: { ...running, until: now + leaseMs } }, answer: "renewed" };
}

/** Releases the lease and remembers the run. Does nothing when another run has taken the lease over. */
export function endRun(record: JobRunsRecord = NONE, run: JobRun): Change<JobRunsRecord, boolean> {
  if (record.running?.id !== run.id) return { answer: false };
  return { next: { history: remembered(run, record) }, answer: true };
}

/** Asks the run under way to end; it does at its next renewal. `id` undefined: whichever it is. */
export function cancelRun(
  record: JobRunsRecord = NONE,
  id: string | undefined,
  now: number,
): Change<JobRunsRecord, "cancelled" | "not-running"> {
  const { running } = record;
  if (running === undefined || running.until <= now || (id !== undefined && running.id !== id))
    return { answer: "not-running" };
  return { next: { ...record, running: { ...running, isCancelled: true } }, answer: "cancelled" };
}

function crashed({ id, startedAt, until }: NonNullable<JobRunsRecord["running"]>): JobRun {
  return { id, startedAt, endedAt: until, attempts: 1, outcome: { kind: "crashed" } };
}

function remembered(run: JobRun, { history }: JobRunsRecord): JobRun[] {
  return [run, ...history].slice(0, MAX_HISTORY);
}
