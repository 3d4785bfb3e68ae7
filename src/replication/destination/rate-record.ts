import * as z from "zod";
import type { Change } from "../state/record-store.ts";

/** The request rate that all processes share for a destination: one item of kind `RATE` in the state table. Times are epoch milliseconds. */
export const RateRecord = z.object({
  /** Requests per second allowed now. */
  perSecond: z.number().positive(),
  /** The rate is reserved until then (the theoretical arrival time of the generic cell rate algorithm). */
  takenUntil: z.number(),
  /** No request is sent before then: the destination sent Retry-After. */
  notBefore: z.number(),
  /** The rate grows with the time since then. */
  grownAt: z.number(),
  /** When the rate was last cut. */
  cutAt: z.number(),
  /** The rate before that cut; before the first one, the maximum. */
  ceiling: z.number(),
  /** When low-priority callers get their next guaranteed batch; absent: now. */
  sharedUntil: z.number().optional(),
});
export type RateRecord = z.infer<typeof RateRecord>;

export interface RatePolicy {
  /** Initial and highest rate, in requests per second. */
  readonly first: number;
  readonly most: number;
  /** Burst after a pause: what the rate allows in this many milliseconds. */
  readonly burstMs: number;
}

/** Shortest interval between two cuts, in milliseconds: one throttling event reaches many processes. */
const CUT_MS = 1_000;
const CUT = 0.7;
/** Share of the rate that low-priority callers get in any case: otherwise a steady live load would starve them. */
const YIELDING_SHARE = 0.1;
/** The most milliseconds of growth between two reservations: the rate does not grow while nothing is sent. */
const GROWTH_MAX_MS = 5_000;

export interface TakeRequests {
  readonly count: number;
  readonly now: number;
  /** Longest acceptable wait, in milliseconds. */
  readonly maxWaitMs: number;
  /** Low priority: leaves the burst to live copies. */
  readonly yields: boolean;
}

export type TakenRequests =
  /** `count` requests may be sent from this time on. */
  { readonly kind: "taken"; readonly from: number } | { readonly kind: "refused"; readonly afterMs: number };

/** Reserves a batch of requests, from now or from the first time that is not reserved. */
export function takeRequests(
  record: RateRecord | undefined,
  { count, now, maxWaitMs, yields }: TakeRequests,
  policy: RatePolicy,
): Change<RateRecord, TakenRequests> {
  const known = grown(record ?? fresh(now, policy), now, policy, yields);
  const base = Math.max(known.takenUntil, now - policy.burstMs, known.notBefore);
  const batchMs = (count * 1_000) / known.perSecond;
  const taken = { ...known, takenUntil: base + batchMs };
  // A low-priority batch is free only once the full burst is saved up for the live copies.
  const from = yields ? Math.max(base + policy.burstMs, now, known.notBefore) : base;
  if (from - now <= maxWaitMs) return { next: taken, answer: { kind: "taken", from } };
  const sharedUntil = Math.max(known.sharedUntil ?? now, now);
  if (!yields || sharedUntil > now) return { answer: { kind: "refused", afterMs: Math.ceil(from - now) } };
  // The guaranteed share: an ordinary batch, and the next one when this batch is a tenth of what the rate allowed meanwhile.
  return { next: { ...taken, sharedUntil: now + batchMs / YIELDING_SHARE }, answer: { kind: "taken", from: base } };
}

/** Reduces the rate after a throttled request, and sends nothing for `retryAfterMs`. */
export function cutRate(
  record: RateRecord | undefined,
  retryAfterMs: number,
  now: number,
  policy: RatePolicy,
): Change<RateRecord, void> {
  const known = record ?? fresh(now, policy);
  const notBefore = Math.max(known.notBefore, now + retryAfterMs);
  const next =
    now - known.cutAt < CUT_MS
      ? { ...known, notBefore }
      : {
          ...known,
          notBefore,
          perSecond: Math.max(known.perSecond * CUT, 1),
          ceiling: known.perSecond,
          cutAt: now,
          grownAt: now,
        };
  return { next, answer: undefined };
}

function fresh(now: number, { first, most, burstMs }: RatePolicy): RateRecord {
  const perSecond = Math.min(first, most);
  return { perSecond, takenUntil: now - burstMs, notBefore: 0, grownAt: now, cutAt: 0, ceiling: most };
}

/** Raises the rate while there is demand: by 2 % a second (at least 1) well below the last ceiling, near it by one request per second each second. */
function grown(record: RateRecord, now: number, { most, burstMs }: RatePolicy, yields: boolean): RateRecord {
  // Low-priority callers leave the burst saved up, so for them a smaller use already counts as demand.
  const hasDemand = record.takenUntil > now - (yields ? burstMs : burstMs / 2);
  if (!hasDemand || record.perSecond >= most) return { ...record, grownAt: now };
  const seconds = Math.min(Math.max(now - record.grownAt, 0), GROWTH_MAX_MS) / 1_000;
  const step = record.perSecond < record.ceiling * 0.9 ? Math.max(record.perSecond * 0.02, 1) : 1;
  return { ...record, perSecond: Math.min(record.perSecond + step * seconds, most), grownAt: now };
}
