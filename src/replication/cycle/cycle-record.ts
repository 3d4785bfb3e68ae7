import * as z from "zod";
import type { Change } from "../state/record-store.ts";

/** The progress of one comparison cycle; one item of the store. Times are epoch milliseconds. */
export const ReconcileRecord = z.object({
  /** When the cycle was due; the next one is due one interval later. */
  startedAt: z.number(),
  /** The last subject that was started; subjects are compared in alphabetical order. */
  after: z.string(),
  /** Subjects that the holder of the lease started and has not finished. */
  begun: z.array(z.string()).optional(),
  /** Subjects that ran out of time; the next invocation starts with them. */
  pending: z.array(z.string()).optional(),
  /** Destinations for which some comparison failed or was left out. */
  incomplete: z.array(z.string()).optional(),
  finishedAt: z.number().optional(),
  /** The invocation that runs the cycle, and until when. */
  lease: z.object({ owner: z.string(), until: z.number() }).optional(),
  /** Only in the record of {@link SLOW_CYCLE}: its subjects. */
  subjects: z.array(z.string()).optional(),
});
export type ReconcileRecord = z.infer<typeof ReconcileRecord>;

/** Key of the regular cycle, which starts at a fixed interval. */
export const REGULAR_CYCLE = "source";
/** Key of the cycle of subjects that were too slow in the others. */
export const SLOW_CYCLE = "slow";

/** Key of a cycle with its own schedule. */
export function scheduledCycle(name: string): string {
  return `schedule-${name}`;
}

export interface ClaimCycle {
  readonly owner: string;
  readonly now: number;
  readonly leaseMs: number;
  /** Interval between the starts of two cycles; `Infinity`: only resume a cycle that was started. */
  readonly everyMs: number;
}

export type ClaimedCycle =
  | {
      readonly kind: "go";
      readonly startedAt: number;
      readonly after: string;
      /** Subjects to compare first. */
      readonly pending: readonly string[];
      /** Subjects that were being compared when the last invocation was killed; one of them may be the cause. */
      readonly suspects: readonly string[];
    }
  /** The next cycle is not due, or another invocation holds the lease. */
  | { readonly kind: "rest" };

/** The schedule invokes every minute, give or take seconds: a cycle may start this much early, in milliseconds. */
const CALL_SPREAD_MS = 30_000;

/** Takes the lease of a cycle that is due or unfinished. */
export function claimCycle(
  record: ReconcileRecord | undefined,
  { owner, now, leaseMs, everyMs }: ClaimCycle,
): Change<ReconcileRecord, ClaimedCycle> {
  if (record?.lease !== undefined && record.lease.until > now) return { answer: { kind: "rest" } };
  const lease = { owner, until: now + leaseMs };
  if (record !== undefined && record.finishedAt === undefined) {
    const { after, startedAt, pending = [], begun: suspects = [] } = record;
    return { next: { ...record, begun: [], lease }, answer: { kind: "go", startedAt, after, pending, suspects } };
  }
  const startedAt = startOf(record, now, everyMs);
  if (startedAt === undefined) return { answer: { kind: "rest" } };
  const subjects = record?.subjects === undefined ? {} : { subjects: record.subjects };
  return {
    next: { startedAt, after: "", lease, ...subjects },
    answer: { kind: "go", startedAt, after: "", pending: [], suspects: [] },
  };
}

/** The start time of a new cycle; undefined when none is due. It is the due time if that is close to now, so that starts do not drift. */
function startOf(record: ReconcileRecord | undefined, now: number, everyMs: number): number | undefined {
  if (record === undefined) return everyMs === Number.POSITIVE_INFINITY ? undefined : now;
  const due = record.startedAt + everyMs;
  if (now < due - CALL_SPREAD_MS) return undefined;
  return Math.abs(now - due) <= CALL_SPREAD_MS ? due : now;
}

/** The progress that an invocation records. */
export type CycleProgress = {
  readonly [field in "begun" | "pending" | "incomplete"]: string[];
} & Pick<ReconcileRecord, "after">;

/** Records progress and extends the lease; false when another invocation has taken over. */
export function advanceCycle(
  record: ReconcileRecord | undefined,
  { owner, now, leaseMs }: Pick<ClaimCycle, "owner" | "now" | "leaseMs">,
  progress: CycleProgress,
): Change<ReconcileRecord, boolean> {
  if (record?.lease?.owner !== owner) return { answer: false };
  const incomplete = [...new Set([...(record.incomplete ?? []), ...progress.incomplete])];
  return { next: { ...record, ...progress, incomplete, lease: { owner, until: now + leaseMs } }, answer: true };
}

/** Releases the lease; `finishedAt` undefined: the time ran out. Answers with the destinations that are incomplete. */
export function leaveCycle(
  record: ReconcileRecord | undefined,
  owner: string,
  finishedAt: number | undefined,
): Change<ReconcileRecord, readonly string[]> {
  if (record?.lease?.owner !== owner) return { answer: [] };
  const { lease: _over, begun = [], pending = [], ...rest } = record;
  const next = finishedAt === undefined ? { ...rest, pending: [...pending, ...begun] } : { ...rest, finishedAt };
  return { next, answer: record.incomplete ?? [] };
}

/** The most subjects of the slow cycle; further ones stay in their own cycle. */
const MAX_SLOW = 1_000;

/** Moves subjects to the slow cycle, or back to the others. */
export function moveSlow(
  record: ReconcileRecord | undefined,
  { add, remove }: { readonly add: readonly string[]; readonly remove: readonly string[] },
): Change<ReconcileRecord, void> {
  const known = record ?? { startedAt: 0, after: "", finishedAt: 0 };
  const kept = [...new Set([...(known.subjects ?? []), ...add])].filter((subject) => !remove.includes(subject));
  return { next: { ...known, subjects: kept.toSorted().slice(0, MAX_SLOW) }, answer: undefined };
}
