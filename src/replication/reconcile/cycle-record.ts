import * as z from "zod";
import type { Change } from "../state/record-store.ts";

/** How far a comparison of both sides has come; one item of the store. Times are epoch milliseconds. */
export const ReconcileRecord = z.object({
  /** When it was due; the next one is due so long after this. */
  startedAt: z.number(),
  /** Subjects are compared in order of their names: the last one that was begun. */
  after: z.string(),
  /** Begun by the holder of the lease, and not ended. */
  begun: z.array(z.string()).optional(),
  /** Given back when the time of an invocation was up: the next one begins with them. */
  pending: z.array(z.string()).optional(),
  /** Destinations with which not everything could be compared. */
  incomplete: z.array(z.string()).optional(),
  finishedAt: z.number().optional(),
  /** Who is at it, until when. */
  lease: z.object({ owner: z.string(), until: z.number() }).optional(),
  /** In the record of {@link SLOW_CYCLE}: its subjects. */
  subjects: z.array(z.string()).optional(),
});
export type ReconcileRecord = z.infer<typeof ReconcileRecord>;

/** Key of the comparison that begins by itself, whenever the last one is old enough. */
export const REGULAR_CYCLE = "source";
/** Key of the comparison of what took too long in the others. */
export const SLOW_CYCLE = "slow";

/** Key of a comparison with a schedule of its own. */
export function scheduledCycle(name: string): string {
  return `schedule-${name}`;
}

export interface ClaimCycle {
  readonly owner: string;
  readonly now: number;
  readonly leaseMs: number;
  /** Time from the start of one comparison to that of the next; `Infinity`: only goes on with one that was begun. */
  readonly everyMs: number;
}

export type ClaimedCycle =
  | {
      readonly kind: "go";
      readonly startedAt: number;
      readonly after: string;
      /** To be compared first. */
      readonly pending: readonly string[];
      /** Under comparison when the last invocation ended without a word: one of them may have ended it. */
      readonly suspects: readonly string[];
    }
  /** The last comparison is young, or its lease is held. */
  | { readonly kind: "rest" };

/** The schedule calls every minute, give or take seconds: a comparison begins with the call next to its time. */
const CALL_SPREAD_MS = 30_000;

/** Begins a comparison when it is time, or goes on with one that was not finished. */
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

/** The time at which a new comparison was due, near now; undefined when none is. What came late does not make the next one late. */
function startOf(record: ReconcileRecord | undefined, now: number, everyMs: number): number | undefined {
  if (record === undefined) return everyMs === Number.POSITIVE_INFINITY ? undefined : now;
  const due = record.startedAt + everyMs;
  if (now < due - CALL_SPREAD_MS) return undefined;
  return Math.abs(now - due) <= CALL_SPREAD_MS ? due : now;
}

/** What an invocation notes about how far it has come. */
export type CycleProgress = {
  readonly [field in "begun" | "pending" | "incomplete"]: string[];
} & Pick<ReconcileRecord, "after">;

/** Notes how far a comparison has come, and holds the lease longer; false when it was taken over. */
export function advanceCycle(
  record: ReconcileRecord | undefined,
  { owner, now, leaseMs }: Pick<ClaimCycle, "owner" | "now" | "leaseMs">,
  progress: CycleProgress,
): Change<ReconcileRecord, boolean> {
  if (record?.lease?.owner !== owner) return { answer: false };
  const incomplete = [...new Set([...(record.incomplete ?? []), ...progress.incomplete])];
  return { next: { ...record, ...progress, incomplete, lease: { owner, until: now + leaseMs } }, answer: true };
}

/** Lets go: the comparison is finished, or the time is up. Answers with the destinations that are incomplete. */
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

/** Subjects of the slow comparison that its record keeps; more stay where they are. */
const MAX_SLOW = 1_000;

/** Moves subjects to the slow comparison, or back. */
export function moveSlow(
  record: ReconcileRecord | undefined,
  { add, remove }: { readonly add: readonly string[]; readonly remove: readonly string[] },
): Change<ReconcileRecord, void> {
  const known = record ?? { startedAt: 0, after: "", finishedAt: 0 };
  const kept = [...new Set([...(known.subjects ?? []), ...add])].filter((subject) => !remove.includes(subject));
  return { next: { ...known, subjects: kept.toSorted().slice(0, MAX_SLOW) }, answer: undefined };
}
