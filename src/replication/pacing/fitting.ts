import type { Descriptor } from "../../oci/descriptor.ts";
import { estimateMs, tooLarge } from "./time-budget.ts";
import type { TimeLeft } from "./time-budget.ts";

/** A big blob on its way. */
export interface Flight {
  readonly blob: Descriptor;
  /** When it was begun, or begun again, in milliseconds of the clock. */
  begunAt: number;
  sentBytes: number;
  /** It was begun when most of the time was left, and hardly anything had been sent. */
  readonly isFresh: boolean;
  /** Bytes of big blobs that were begun after it. */
  besideBytes: number;
  readonly stopped: AbortController;
}

/** What is on its way in one delivery, and the time there is for it. */
export interface Flying {
  readonly flights: readonly Flight[];
  readonly time: TimeLeft;
  /** Bytes of the big blobs that were begun in this delivery. */
  readonly begunBytes: number;
  /** Big blobs at once, at most. */
  readonly width: number;
}

/** Stopped to let others end; it waits for its turn again. */
export class MadeRoomError extends Error {
  override readonly name = "MadeRoomError";
}

/** What a line is taken to carry, in bytes per millisecond, as long as nothing is known: 256 KiB/s. */
const LEAST_PER_MS = (256 * 1024) / 1_000;
/** Share of the limit for which a blob is sent before it may be stopped as too slow. */
const TRIED_SHARE = 0.1;
/** Share of the limit that must be left for a blob to be begun against the estimate: to be tried. */
const FRESH_SHARE = 0.5;
/** Share of a blob's bytes that may go before or beside it without a difference. */
const BESIDE_SHARE = 0.02;

/** Hardly anything was begun before a blob, and so much time is left that what does not end now ends in no delivery. */
export function isFresh({ size }: Descriptor, { begunBytes, time }: Flying): boolean {
  return begunBytes <= size * BESIDE_SHARE && time.remainingMs() >= time.limitMs * FRESH_SHARE;
}

/** The blob has a delivery for itself: what it cannot do now, it can do in no other one. */
export function isTrial({ isFresh: wasFresh, besideBytes, blob }: Flight): boolean {
  return wasFresh && besideBytes <= blob.size * BESIDE_SHARE;
}

/**
 * Whether a blob may be begun: it and all that is on its way fit into the time left. Alone, and first, it may be begun
 * whatever the estimate says. While nothing is known of the line, only little is begun beside another blob.
 */
export function mayBegin(blob: Descriptor, flying: Flying): boolean {
  const { size } = blob;
  const { flights, time, width } = flying;
  if (flights.length === 0) return isInTime(size, time) !== false || isFresh(blob, flying);
  if (flights.length >= width) return false;
  const bytes = unsentBytes(flights) + size;
  return isInTime(bytes, time) ?? bytes <= time.remainingMs() * LEAST_PER_MS;
}

/** Undefined when nothing is known of the line. */
function isInTime(bytes: number, time: TimeLeft): boolean | undefined {
  const neededMs = estimateMs(bytes, time.speed);
  return neededMs === undefined ? undefined : neededMs <= time.remainingMs();
}

function unsentBytes(flights: readonly Flight[]): number {
  return flights.reduce((sum, { blob, sentBytes }) => sum + blob.size - sentBytes, 0);
}

/** A flight that the line cannot end in time, and why it is stopped. */
export interface Stop {
  readonly flight: Flight;
  readonly reason: Error;
}

/** What cannot end in time by what was seen of the line: the flights that have come least far, until the rest fits. */
export function toStop({ flights, time }: Flying, now: number): Stop[] {
  const perMs = time.speed.perMs();
  const triedMs = now - Math.max(...flights.map(({ begunAt }) => begunAt));
  if (perMs === undefined || triedMs < time.limitMs * TRIED_SHARE) return [];
  const left = time.remainingMs();
  // The less time is left, the surer is what was seen: at first half as much again is let pass.
  const mostMs = left * (1 + left / time.limitMs / 2);
  const stops: Stop[] = [];
  const going = flights.toSorted((a, b) => b.sentBytes - a.sentBytes);
  for (let flight = going.at(-1); flight !== undefined; flight = going.at(-1)) {
    // A target that has taken no byte is silent, not slow: that is for the watchdog to judge.
    if (isTrial(flight) && flight.sentBytes === 0) return stops;
    const rate = isTrial(flight) ? flight.sentBytes / (now - flight.begunAt) : perMs;
    if (unsentBytes(going) / rate <= mostMs) return stops;
    going.pop();
    stops.push({ flight, reason: isTrial(flight) ? tooSlow(flight, time, now) : new MadeRoomError("others go first") });
  }
  return stops;
}

/** What was seen of a blob that had a delivery's time for itself. */
export function tooSlow({ blob, sentBytes, begunAt }: Flight, { limitMs }: TimeLeft, now: number): Error {
  return tooLarge(blob, sentBytes, now - begunAt, limitMs);
}
