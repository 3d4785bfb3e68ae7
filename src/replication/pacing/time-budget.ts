import type { Descriptor } from "../../oci/descriptor.ts";

/** The time a copy has, and how fast the line to its destination has been. */
export interface TimeLeft {
  /** Milliseconds this delivery has left. */
  remainingMs(): number;
  /** Milliseconds a delivery has at most. */
  readonly limitMs: number;
  readonly speed: Speed;
}

/** How fast bytes go to one destination, all streams of a process together. */
export interface Speed {
  /** So many bytes went in so many milliseconds. */
  observe(bytes: number, ms: number): void;
  /** Bytes per millisecond; undefined when nothing is known. */
  perMs(): number | undefined;
}

/** A sample says something of speed when it has so many bytes, or lasted so long: requests take longer than few bytes. */
const TELLING_BYTES: number = 4 * 1024 * 1024;
export const TELLING_MS = 500;
/** Weight of the newest sample. */
const WEIGHT = 0.3;
/** An estimate may be wrong by as much. */
const MARGIN = 1.2;

export function createSpeed(): Speed {
  let perMs: number | undefined;
  return {
    observe(bytes, ms) {
      if (bytes < TELLING_BYTES && ms < TELLING_MS) return;
      const seen = bytes / Math.max(ms, 1);
      perMs = perMs === undefined ? seen : perMs * (1 - WEIGHT) + seen * WEIGHT;
    },
    perMs: () => perMs,
  };
}

/** Milliseconds so many bytes will take, with a margin; undefined when nothing is known. */
export function estimateMs(bytes: number, speed: Speed): number | undefined {
  const perMs = speed.perMs();
  return perMs === undefined ? undefined : (bytes / perMs) * MARGIN;
}

/** A blob was not begun, or was stopped: the time left is too short for it, and a fresh delivery's may not be. */
export class TooLateError extends Error {
  override readonly name = "TooLateError";
}

/** A blob was sent alone, from the beginning of a delivery, and that was too slow to end in the time a delivery has. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";
}

/** Why a blob is left for a fresh delivery. */
export function lateness({ digest, size }: Descriptor, time: TimeLeft): TooLateError {
  const neededMs = estimateMs(size, time.speed);
  const needs = neededMs === undefined ? "has no place beside others" : `needs about ${seconds(neededMs)}`;
  return new TooLateError(
    `blob ${digest} of ${size} bytes ${needs}, and this delivery has ${seconds(time.remainingMs())} left`,
  );
}

function seconds(ms: number): string {
  return `${Math.max(Math.ceil(ms / 1_000), 0)} s`;
}

/** What was seen of a blob that had a delivery for itself, and did not end. */
export function tooLarge({ digest, size }: Descriptor, sent: number, ms: number, limitMs: number): TooLargeError {
  return new TooLargeError(
    `${sent} of ${size} bytes of blob ${digest} were through after ${seconds(ms)} alone on the line, and a copy may take ${seconds(limitMs)} here; it needs a faster line or more time: builds of the long lane have hours where it is switched on ("longLane"), and "freightliner copy" has no limit`,
  );
}
