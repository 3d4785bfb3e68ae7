import * as z from "zod";
import type { Change } from "../../replication/state/record-store.ts";
import { PlanResult } from "./plan-result.ts";
import { VerificationResult } from "./verification-result.ts";

const count = z.int().nonnegative();

export const InspectionResult = z.discriminatedUnion("kind", [PlanResult, VerificationResult]);
export type InspectionResult = z.infer<typeof InspectionResult>;

/** What a run inspects. A run that is continued has to have the same. Times are epoch milliseconds. */
const About = {
  /** The run that began it. */
  run: z.string(),
  startedAt: z.number(),
  /** The version of the configuration that decides. */
  configuration: z.string(),
  /** The task of the job, as JSON. */
  task: z.string(),
  /** Invocations that ended before it was over: what one remembers of layers and of budgets, the next does not know. */
  interruptions: count,
};

/** An inspection that is not over, and how far it is. */
export const RunningInspection = z.object({
  ...About,
  /** Where the next step begins; only the code of the task reads it. */
  after: z.string(),
  /** Repositories that are done, and that there are; unknown before the first step. */
  done: count,
  total: count.optional(),
  /** What was found up to `after`; absent: nothing yet. */
  result: InspectionResult.optional(),
  /** Claims since the last step that ended: what does not fit into an invocation is left out in the end. */
  idle: count,
  /** Claims in a row in which a step threw; absent: none. */
  failures: count.optional(),
  isCancelled: z.boolean(),
  /** The invocation that works on it, and until when. */
  lease: z.object({ owner: z.string(), until: z.number() }).optional(),
});
export type RunningInspection = z.infer<typeof RunningInspection>;

export const FinishedInspection = z.object({
  ...About,
  finishedAt: z.number(),
  repositories: count,
  result: InspectionResult,
});
export type FinishedInspection = z.infer<typeof FinishedInspection>;

/** The inspections of one job: one item of the store. A result stays until the next one is whole. */
export const InspectionRecord = z.object({
  running: RunningInspection.optional(),
  finished: FinishedInspection.optional(),
  /** A run that was cancelled before its inspection had begun. */
  cancelledRun: z.string().optional(),
});
export type InspectionRecord = z.infer<typeof InspectionRecord>;

export interface Claim {
  readonly owner: string;
  readonly now: number;
  readonly leaseMs: number;
}

/** What a run of a job asks for; undefined: to continue whatever is not over. */
export interface Wanted {
  readonly run: string;
  readonly task: string;
  readonly configuration: string;
}

export type Claimed =
  | { readonly kind: "go"; readonly inspection: RunningInspection }
  /**
   * `busy`: another invocation works on it. `rest`: there is nothing to continue. `cancelled`: before it began. `given-up`: it has failed too
   * often without a step that ended.
   */
  | { readonly kind: "busy" | "rest" | "cancelled" | "given-up" };

/** Claims in a row without a step that ended, after which an inspection is given up: half an hour of failures. */
const MOST_FRUITLESS = 30;

/**
 * Takes the lease of an inspection, to continue or to begin it. One of another task or another configuration begins anew: its counts would
 * mean nothing together with these.
 */
export function claimInspection(
  record: InspectionRecord = {},
  { owner, now, leaseMs }: Claim,
  wanted: Wanted | { readonly configuration: string },
): Change<InspectionRecord, Claimed> {
  const { running } = record;
  if (isHeld(running, now)) return { answer: { kind: "busy" } };
  if ("run" in wanted && wanted.run === record.cancelledRun) return { answer: { kind: "cancelled" } };
  const open = isOpen(running) ? running : undefined;
  const anew = "task" in wanted ? wanted : open && { ...wanted, run: open.run, task: open.task };
  const lease = { owner, until: now + leaseMs };
  if (open !== undefined && isSame(open, wanted)) {
    const inspection = { ...open, interruptions: open.interruptions + 1, idle: open.idle + 1, lease };
    return { next: { ...record, running: inspection }, answer: { kind: "go", inspection } };
  }
  if (anew === undefined) return closed(record);
  const inspection = { ...begunAt(now, anew), lease };
  return { next: { ...record, running: inspection }, answer: { kind: "go", inspection } };
}

function isHeld(running: RunningInspection | undefined, now: number): boolean {
  return running?.lease !== undefined && running.lease.until > now;
}

/** Nothing is to be continued. */
function closed({ running, ...rest }: InspectionRecord): Change<InspectionRecord, Claimed> {
  if (running === undefined) return { answer: { kind: "rest" } };
  return { next: rest, answer: { kind: running.isCancelled ? "rest" : "given-up" } };
}

function begunAt(startedAt: number, { run, task, configuration }: Wanted): RunningInspection {
  const about = { run, task, configuration, startedAt, interruptions: 0 };
  return { ...about, after: "", done: 0, idle: 0, isCancelled: false };
}

function isSame(running: RunningInspection, wanted: Wanted | { readonly configuration: string }): boolean {
  return running.configuration === wanted.configuration && (!("task" in wanted) || running.task === wanted.task);
}

function isOpen(running: RunningInspection | undefined): boolean {
  if (running === undefined || running.isCancelled) return false;
  const { idle, failures = 0 } = running;
  return Math.max(idle, failures) < MOST_FRUITLESS;
}

/** How far an inspection is after a step. */
export type Step = Pick<RunningInspection, "after" | "done"> & {
  readonly total: number;
  readonly result: InspectionResult;
};

export type Advanced = "ours" | "cancelled" | "lost";

/** Extends the lease, and records a step if one has ended. */
export function advanceInspection(
  record: InspectionRecord = {},
  { owner, now, leaseMs }: Claim,
  step?: Step,
): Change<InspectionRecord, Advanced> {
  const { running } = record;
  if (running?.lease?.owner !== owner) return { answer: "lost" };
  if (running.isCancelled) return { answer: "cancelled" };
  const lease = { owner, until: now + leaseMs };
  const next = step === undefined ? { ...running, lease } : { ...running, ...step, idle: 0, failures: 0, lease };
  return { next: { ...record, running: next }, answer: "ours" };
}

/** How the work on an inspection ended. `partial`: the time ran out. `failed`: a step threw. `busy`: another invocation has taken it over. */
export type InspectionStop = "finished" | "partial" | "failed" | "cancelled" | "busy";

/** Releases the lease. Over: its result replaces the one before. Cancelled: nothing of it stays. Otherwise, the next claim continues it. */
export function leaveInspection(
  record: InspectionRecord = {},
  { owner, now }: Pick<Claim, "owner" | "now">,
  end: InspectionStop,
): Change<InspectionRecord, InspectionStop> {
  const { running, ...rest } = record;
  if (running?.lease?.owner !== owner) return { answer: "busy" };
  if (running.isCancelled) return { next: rest, answer: "cancelled" };
  const { lease: _over, ...open } = running;
  const { result } = running;
  if (end !== "finished" || result === undefined) {
    // Only time that ran out says that something does not fit into an invocation.
    const { idle, failures = 0 } = open;
    const tries = end === "failed" ? { idle: 0, failures: failures + 1 } : { idle };
    return { next: { ...rest, running: { ...open, ...tries } }, answer: end };
  }
  const { run, startedAt, configuration, task, interruptions, total = running.done } = running;
  const finished = { run, startedAt, configuration, task, interruptions, finishedAt: now, repositories: total, result };
  return { next: { finished }, answer: "finished" };
}

/**
 * Asks an inspection to end; the invocation that works on it sees that at its next renewal.
 * @param run the run of the job that was cancelled, which may be about to begin its inspection; undefined: none was under way.
 */
export function cancelInspection(
  { cancelledRun: _before, ...record }: InspectionRecord = {},
  now: number,
  run?: string,
): Change<InspectionRecord, "cancelled" | "not-running"> {
  const cancelled = run === undefined ? {} : { cancelledRun: run };
  const { running, ...others } = record;
  const rest = { ...others, ...cancelled };
  if (running === undefined || running.isCancelled)
    return run === undefined ? { answer: "not-running" } : { next: { ...record, ...cancelled }, answer: "not-running" };
  return {
    next: isHeld(running, now) ? { ...rest, running: { ...running, isCancelled: true } } : rest,
    answer: "cancelled",
  };
}
