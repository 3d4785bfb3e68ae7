import * as z from "zod";
import type { Change } from "./record-store.ts";

/** How far a comparison of both sides has come; one item of the store. Times are epoch milliseconds. */
export const ReconcileRecord = z.object({
  startedAt: z.number(),
  /** Repositories are compared in order of their names: the last one that is done. */
  after: z.string(),
  finishedAt: z.number().optional(),
  /** Who is at it, until when. */
  lease: z.object({ owner: z.string(), until: z.number() }).optional(),
});
export type ReconcileRecord = z.infer<typeof ReconcileRecord>;

/** Key of the comparison that begins by itself, whenever the last one is old enough. */
export const REGULAR_CYCLE = "source";

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
  | { readonly kind: "go"; readonly after: string; readonly startedAt: number }
  /** The last comparison is young, or somebody is at it. */
  | { readonly kind: "rest" };

/** Begins a comparison when it is time, or goes on with one that was not finished. */
export function claimCycle(
  record: ReconcileRecord | undefined,
  { owner, now, leaseMs, everyMs }: ClaimCycle,
): Change<ReconcileRecord, ClaimedCycle> {
  if (record?.lease !== undefined && record.lease.until > now) return { answer: { kind: "rest" } };
  const lease = { owner, until: now + leaseMs };
  if (record !== undefined && record.finishedAt === undefined) {
    const { after, startedAt } = record;
    return { next: { ...record, lease }, answer: { kind: "go", after, startedAt } };
  }
  const isDue = record === undefined ? everyMs !== Number.POSITIVE_INFINITY : now - record.startedAt >= everyMs;
  if (!isDue) return { answer: { kind: "rest" } };
  return { next: { startedAt: now, after: "", lease }, answer: { kind: "go", after: "", startedAt: now } };
}

/** One more repository is done; false when somebody else has taken over. */
export function advanceCycle(
  record: ReconcileRecord | undefined,
  { owner, now, leaseMs }: ClaimCycle,
  after: string,
): Change<ReconcileRecord, boolean> {
  if (record?.lease?.owner !== owner) return { answer: false };
  return { next: { ...record, after, lease: { owner, until: now + leaseMs } }, answer: true };
}

/** Lets go: the comparison is finished, or the time is up. */
export function leaveCycle(
  record: ReconcileRecord | undefined,
  owner: string,
  finishedAt: number | undefined,
): Change<ReconcileRecord, void> {
  if (record?.lease?.owner !== owner) return { answer: undefined };
  const { lease: _over, ...rest } = record;
  return { next: finishedAt === undefined ? rest : { ...rest, finishedAt }, answer: undefined };
}
