import * as z from "zod";
import type { Change } from "../state/record-store.ts";

/** How many requests a destination is sent by everybody together; one item of the store. Times are epoch milliseconds. */
export const RateRecord = z.object({
  /** Requests per second allowed now. */
  perSecond: z.number().positive(),
  /** All requests until then are given away (the theoretical arrival time of the generic cell rate algorithm). */
  takenUntil: z.number(),
  /** The destination asked to be left alone until then. */
  notBefore: z.number(),
  /** When the rate last grew, and was last cut; the rate at which it was cut. */
  grownAt: z.number(),
  cutAt: z.number(),
  ceiling: z.number(),
  /** When those who yield are given their next lot in any case; absent: now. */
  sharedUntil: z.number().optional(),
});
export type RateRecord = z.infer<typeof RateRecord>;

export interface RatePolicy {
  /** Requests per second to begin with, and at most. */
  readonly first: number;
  readonly most: number;
  /** What may be sent at once after a pause, in milliseconds of the rate. */
  readonly burstMs: number;
}

/** A refusal for the whole fleet is one event: the rate is cut once in so long, in milliseconds. */
const CUT_MS = 1_000;
const CUT = 0.7;
/** Of the rate, what those who yield are given in any case: without it they starve beside those who never pause. */
const YIELDING_SHARE = 0.1;
/** Time without requests does not make the rate grow; milliseconds of growth at most between two looks. */
const GROWTH_MAX_MS = 5_000;

export interface TakeRequests {
  readonly count: number;
  readonly now: number;
  /** Longest wait that makes sense, in milliseconds. */
  readonly maxWaitMs: number;
  /** Leave what may be sent at once to those who are in a hurry. */
  readonly yields: boolean;
}

export type TakenRequests =
  /** `count` requests may be sent from then on. */
  { readonly kind: "taken"; readonly from: number } | { readonly kind: "refused"; readonly afterMs: number };

/** Takes a lot of requests, for now or for the first moment that is not taken. */
export function takeRequests(
  record: RateRecord | undefined,
  { count, now, maxWaitMs, yields }: TakeRequests,
  policy: RatePolicy,
): Change<RateRecord, TakenRequests> {
  const known = grown(record ?? fresh(now, policy), now, policy, yields);
  const base = Math.max(known.takenUntil, now - policy.burstMs, known.notBefore);
  const lotMs = (count * 1_000) / known.perSecond;
  const taken = { ...known, takenUntil: base + lotMs };
  // Who yields takes what is left once all that may be sent at once has been saved up for the others.
  const from = yields ? Math.max(base + policy.burstMs, now, known.notBefore) : base;
  if (from - now <= maxWaitMs) return { next: taken, answer: { kind: "taken", from } };
  const sharedUntil = Math.max(known.sharedUntil ?? now, now);
  if (!yields || sharedUntil > now) return { answer: { kind: "refused", afterMs: Math.ceil(from - now) } };
  // Its minimum share: a lot like everybody's, and the next one when that is a tenth of what was sent meanwhile.
  return { next: { ...taken, sharedUntil: now + lotMs / YIELDING_SHARE }, answer: { kind: "taken", from: base } };
}

/** The destination said that there were too many requests: fewer from now on, and none before it said so. */
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

/** More, as long as it is asked for: fast where it went well before, by one request per second and second near the ceiling. */
function grown(record: RateRecord, now: number, { most, burstMs }: RatePolicy, yields: boolean): RateRecord {
  // Who yields leaves what is saved up as it is: for them, all that is taken of it is asked for.
  const isAskedFor = record.takenUntil > now - (yields ? burstMs : burstMs / 2);
  if (!isAskedFor || record.perSecond >= most) return { ...record, grownAt: now };
  const seconds = Math.min(Math.max(now - record.grownAt, 0), GROWTH_MAX_MS) / 1_000;
  const step = record.perSecond < record.ceiling * 0.9 ? Math.max(record.perSecond * 0.02, 1) : 1;
  return { ...record, perSecond: Math.min(record.perSecond + step * seconds, most), grownAt: now };
}
