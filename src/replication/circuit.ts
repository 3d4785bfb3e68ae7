import * as z from "zod";
import type { Change } from "./record-store.ts";
import { Bucket } from "./sliding-window.ts";
import type { Counts, SlidingWindow } from "./sliding-window.ts";

/**
 * Whether a destination is asked at all; one item of the store. Times are epoch milliseconds. `since` is when the outage
 * began, however often it was tried in between; `trips` counts the openings of one outage.
 */
export const CircuitRecord = z.discriminatedUnion("state", [
  z.object({ state: z.literal("closed"), buckets: z.array(Bucket) }),
  z.object({ state: z.literal("open"), since: z.number(), until: z.number(), trips: z.int() }),
  z.object({
    state: z.literal("half-open"),
    since: z.number(),
    trips: z.int(),
    /** Who may try, and until when at most: a copy that died gives its permit back that way. */
    permits: z.array(z.object({ owner: z.string(), until: z.number() })),
    /** Writes that went well. */
    successes: z.int(),
  }),
]);
export type CircuitRecord = z.infer<typeof CircuitRecord>;
export type CircuitState = CircuitRecord["state"];

export interface CircuitPolicy {
  readonly window: SlidingWindow;
  /** Calls below which nothing is concluded. */
  readonly minimumCalls: number;
  /** Shares of failed and of slow calls from which on the circuit opens. */
  readonly failureRate: number;
  readonly slowRate: number;
  /** How long it stays open: the first time, and at most, doubling in between; milliseconds. */
  readonly openMs: number;
  readonly openMaxMs: number;
  /** Copies that may try a half-open circuit at once, across everything that runs. */
  readonly permits: number;
  readonly permitMs: number;
  /** Writes that must go well before it is closed again. */
  readonly successesToClose: number;
}

export type AdmittedToCircuit =
  | { readonly kind: "closed" }
  /** May try, as one of a few. */
  | { readonly kind: "permit" }
  | { readonly kind: "refused"; readonly until: number };

/** Asks to call the destination. @param now epoch milliseconds. */
export function admitToCircuit(
  record: CircuitRecord | undefined,
  owner: string,
  now: number,
  { permits: most, permitMs }: CircuitPolicy,
): Change<CircuitRecord, AdmittedToCircuit> {
  if (record === undefined || record.state === "closed") return { answer: { kind: "closed" } };
  const mine = { owner, until: now + permitMs };
  if (record.state === "open") {
    if (now < record.until) return { answer: { kind: "refused", until: record.until } };
    const { since, trips } = record;
    return { next: { state: "half-open", since, trips, permits: [mine], successes: 0 }, answer: { kind: "permit" } };
  }
  const others = record.permits.filter((permit) => permit.owner !== owner && permit.until > now);
  if (others.length >= most) {
    return { answer: { kind: "refused", until: Math.min(...others.map(({ until }) => until)) } };
  }
  return { next: { ...record, permits: [...others, mine] }, answer: { kind: "permit" } };
}

/** What calls came to since the last note. */
export interface CircuitNote {
  readonly owner: string;
  readonly counts: Counts;
  /** Writes among the calls that went well: reading may work while writing does not. */
  readonly writes: number;
  readonly now: number;
}

/** Tells the circuit what calls came to. Answers with its state after that. */
export function noteCalls(
  record: CircuitRecord | undefined,
  note: CircuitNote,
  policy: CircuitPolicy,
): Change<CircuitRecord, CircuitState> {
  const known = record ?? { state: "closed", buckets: [] };
  if (known.state === "closed") return noteClosed(known.buckets, note, policy);
  // Late news of calls that began before it opened.
  if (known.state === "open") return { answer: "open" };
  if (!known.permits.some(({ owner }) => owner === note.owner)) return { answer: "half-open" };
  if (note.counts.failures + note.counts.slow > 0) {
    const { since, trips } = known;
    const openMs = Math.min(policy.openMs * 2 ** trips, policy.openMaxMs);
    return { next: { state: "open", since, until: note.now + openMs, trips: trips + 1 }, answer: "open" };
  }
  const successes = known.successes + note.writes;
  if (successes >= policy.successesToClose) return { next: { state: "closed", buckets: [] }, answer: "closed" };
  return note.writes === 0 ? { answer: "half-open" } : { next: { ...known, successes }, answer: "half-open" };
}

function noteClosed(
  before: readonly Bucket[],
  { counts, now }: CircuitNote,
  { window, minimumCalls, failureRate, slowRate, openMs }: CircuitPolicy,
): Change<CircuitRecord, CircuitState> {
  if (counts.failures + counts.slow === 0) return { answer: "closed" };
  const buckets = window.add(before, counts, now);
  const { calls, failures, slow } = window.total(buckets, now);
  const isBad = calls >= minimumCalls && (failures >= calls * failureRate || slow >= calls * slowRate);
  if (!isBad) return { next: { state: "closed", buckets }, answer: "closed" };
  return { next: { state: "open", since: now, until: now + openMs, trips: 1 }, answer: "open" };
}

/** Gives a permit back: the copy that had it has ended. */
export function returnPermit(record: CircuitRecord | undefined, owner: string): Change<CircuitRecord, void> {
  if (record?.state !== "half-open" || !record.permits.some((permit) => permit.owner === owner)) {
    return { answer: undefined };
  }
  const permits = record.permits.filter((permit) => permit.owner !== owner);
  return { next: { ...record, permits }, answer: undefined };
}
