import * as z from "zod";
import { destinationHealth } from "./destination-health.ts";
import type { CircuitThresholds } from "./destination-health.ts";
import type { Change } from "../state/record-store.ts";
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

export interface CircuitPolicy extends CircuitThresholds {
  readonly window: SlidingWindow;
  /** How long it stays open: the first time, and at most, doubling in between; milliseconds. */
  readonly openMs: number;
  readonly openMaxMs: number;
  /** Copies that may try a half-open circuit at once, across everything that runs. */
  readonly permits: number;
  readonly permitMs: number;
  /** Writes that must go well before it is closed again. */
  readonly successesToClose: number;
}

export type CircuitAdmission =
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
): Change<CircuitRecord, CircuitAdmission> {
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
  if (hasBad(note.counts)) {
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
  policy: CircuitPolicy,
): Change<CircuitRecord, CircuitState> {
  // As long as all is well, nothing is written.
  if (!hasBad(counts) && !isTroubled(before, now, policy)) return { answer: "closed" };
  const buckets = policy.window.add(before, counts, now);
  const isAway = destinationHealth(policy.window.total(buckets, now), policy) === "away";
  if (!isAway) return { next: { state: "closed", buckets }, answer: "closed" };
  return { next: { state: "open", since: now, until: now + policy.openMs, trips: 1 }, answer: "open" };
}

/** Something failed or was slow lately: what goes well has to be known, too. */
export function isTroubled(buckets: readonly Bucket[], now: number, { window }: CircuitPolicy): boolean {
  return buckets.length > 0 && hasBad(window.total(buckets, now));
}

export function hasBad({ failures, slow }: Counts): boolean {
  return failures + slow > 0;
}

/** Gives a permit back: the copy that had it has ended. */
export function returnPermit(record: CircuitRecord | undefined, owner: string): Change<CircuitRecord, void> {
  if (record?.state !== "half-open" || !record.permits.some((permit) => permit.owner === owner)) {
    return { answer: undefined };
  }
  const permits = record.permits.filter((permit) => permit.owner !== owner);
  return { next: { ...record, permits }, answer: undefined };
}
