import * as z from "zod";
import { destinationHealth } from "./destination-health.ts";
import type { CircuitThresholds } from "./destination-health.ts";
import type { Change } from "../state/record-store.ts";
import { Bucket } from "./sliding-window.ts";
import type { Counts, SlidingWindow } from "./sliding-window.ts";

/**
 * The circuit breaker of a destination; one item of the store. Times are epoch milliseconds. `since` is the beginning of the
 * outage, which half-open trials do not change; `trips` counts how often the circuit opened during it.
 */
export const CircuitRecord = z.discriminatedUnion("state", [
  z.object({ state: z.literal("closed"), buckets: z.array(Bucket) }),
  z.object({ state: z.literal("open"), since: z.number(), until: z.number(), trips: z.int() }),
  z.object({
    state: z.literal("half-open"),
    since: z.number(),
    trips: z.int(),
    /** The copies that may try, and until when: the permit of a crashed copy expires. */
    permits: z.array(z.object({ owner: z.string(), until: z.number() })),
    /** Successful writes since the circuit became half-open. */
    successes: z.int(),
  }),
]);
export type CircuitRecord = z.infer<typeof CircuitRecord>;
export type CircuitState = CircuitRecord["state"];

export interface CircuitPolicy extends CircuitThresholds {
  readonly window: SlidingWindow;
  /** How long the circuit stays open: `openMs` the first time, doubled after each failed trial up to `openMaxMs`. */
  readonly openMs: number;
  readonly openMaxMs: number;
  /** Copies that may try a half-open circuit concurrently, across all processes. */
  readonly permits: number;
  readonly permitMs: number;
  /** Successful writes that close a half-open circuit. */
  readonly successesToClose: number;
}

export type CircuitAdmission =
  | { readonly kind: "closed" }
  /** The circuit is half-open, and this copy may try it. */
  | { readonly kind: "permit" }
  | { readonly kind: "refused"; readonly until: number };

/** Decides whether a copy may call the destination; takes a permit if the circuit is not closed. @param now epoch milliseconds. */
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

/** The calls of one copy or process since its last report. */
export interface CircuitNote {
  readonly owner: string;
  readonly counts: Counts;
  /** Successful writes among the calls. Reads do not count: they may succeed while writes fail. */
  readonly writes: number;
  readonly now: number;
}

/** Adds calls to the circuit. Answers with its state after the change. */
export function noteCalls(
  record: CircuitRecord | undefined,
  note: CircuitNote,
  policy: CircuitPolicy,
): Change<CircuitRecord, CircuitState> {
  const known = record ?? { state: "closed", buckets: [] };
  if (known.state === "closed") return noteClosed(known.buckets, note, policy);
  // These calls began before the circuit opened.
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
  // Without failures in the window, successes need no write.
  if (!hasBad(counts) && !isTroubled(before, now, policy)) return { answer: "closed" };
  const buckets = policy.window.add(before, counts, now);
  const isUnavailable = destinationHealth(policy.window.total(buckets, now), policy) === "unavailable";
  if (!isUnavailable) return { next: { state: "closed", buckets }, answer: "closed" };
  return { next: { state: "open", since: now, until: now + policy.openMs, trips: 1 }, answer: "open" };
}

/** True when the window has failed or slow calls: then successes must be counted as well. */
export function isTroubled(buckets: readonly Bucket[], now: number, { window }: CircuitPolicy): boolean {
  return buckets.length > 0 && hasBad(window.total(buckets, now));
}

export function hasBad({ failures, slow }: Counts): boolean {
  return failures + slow > 0;
}

/** Returns the permit of a copy that has ended. */
export function returnPermit(record: CircuitRecord | undefined, owner: string): Change<CircuitRecord, void> {
  if (record?.state !== "half-open" || !record.permits.some((permit) => permit.owner === owner)) {
    return { answer: undefined };
  }
  const permits = record.permits.filter((permit) => permit.owner !== owner);
  return { next: { ...record, permits }, answer: undefined };
}
