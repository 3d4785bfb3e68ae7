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
  /** Another invocation works on it. */
  | { readonly kind: "busy" }
  /** There is nothing to continue. */
  | { readonly kind: "rest" };

/**
 * Takes the lease of an inspection, to continue or to begin it. One of another task or another configuration is given up: its counts would
 * mean nothing together with these.
 */
export function claimInspection(
  record: InspectionRecord = {},
  { owner, now, leaseMs }: Claim,
  wanted: Wanted | { readonly configuration: string },
): Change<InspectionRecord, Claimed> {
  const { running } = record;
  if (running?.lease !== undefined && running.lease.until > now) return { answer: { kind: "busy" } };
  const lease = { owner, until: now + leaseMs };
  const isSame =
    running?.isCancelled === false &&
    running.configuration === wanted.configuration &&
    (!("task" in wanted) || running.task === wanted.task);
  if (isSame) {
    const inspection = { ...running, interruptions: running.interruptions + 1, idle: running.idle + 1, lease };
    return { next: { ...record, running: inspection }, answer: { kind: "go", inspection } };
  }
  const { running: _given, ...rest } = record;
  if (!("task" in wanted))
    return running === undefined ? { answer: { kind: "rest" } } : { next: rest, answer: { kind: "rest" } };
  const { run, task, configuration } = wanted;
  const begun = { run, task, configuration, startedAt: now, interruptions: 0, after: "", done: 0, idle: 0 };
  const inspection = { ...begun, isCancelled: false, lease };
  return { next: { ...rest, running: inspection }, answer: { kind: "go", inspection } };
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
  const next = step === undefined ? { ...running, lease } : { ...running, ...step, idle: 0, lease };
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
    const idle = end === "failed" ? 0 : open.idle;
    return { next: { ...rest, running: { ...open, idle } }, answer: end };
  }
  const { run, startedAt, configuration, task, interruptions, total = running.done } = running;
  const finished = { run, startedAt, configuration, task, interruptions, finishedAt: now, repositories: total, result };
  return { next: { finished }, answer: "finished" };
}

/** Asks an inspection to end; the invocation that works on it sees that at its next renewal. */
export function cancelInspection(
  record: InspectionRecord = {},
  now: number,
): Change<InspectionRecord, "cancelled" | "not-running"> {
  const { running, ...rest } = record;
  if (running === undefined || running.isCancelled) return { answer: "not-running" };
  const isHeld = running.lease !== undefined && running.lease.until > now;
  return { next: isHeld ? { ...rest, running: { ...running, isCancelled: true } } : rest, answer: "cancelled" };
}
