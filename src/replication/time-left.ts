import type { Descriptor } from "../oci/descriptor.ts";

/** The time a copy has, and what it has seen blobs take. */
export interface TimeLeft {
  /** Milliseconds this delivery has left. */
  remainingMs(): number;
  /** Milliseconds a delivery has at most. */
  readonly limitMs: number;
  readonly speed: Speed;
}

/** How fast blobs go to one destination, as one process has seen it. */
export interface Speed {
  observe(bytes: number, ms: number): void;
  /** Milliseconds so many bytes will take; undefined when nothing is known. */
  estimateMs(bytes: number): number | undefined;
}

/** Blobs below this size say nothing of speed: their requests take longer than their bytes. */
const TELLING_BYTES: number = 4 * 1024 * 1024;
/** Weight of the newest blob. */
const WEIGHT = 0.3;
/** An estimate may be wrong by as much. */
const MARGIN = 1.2;

export function createSpeed(): Speed {
  let bytesPerMs: number | undefined;
  return {
    observe(bytes, ms) {
      if (bytes < TELLING_BYTES) return;
      const seen = bytes / Math.max(ms, 1);
      bytesPerMs = bytesPerMs === undefined ? seen : bytesPerMs * (1 - WEIGHT) + seen * WEIGHT;
    },
    estimateMs: (bytes) =>
      bytesPerMs === undefined || bytes < TELLING_BYTES ? undefined : (bytes / bytesPerMs) * MARGIN,
  };
}

/** A blob was not begun: the time left is too short for it, and a fresh delivery's is not. */
export class TooLateError extends Error {
  override readonly name = "TooLateError";
}

/** A blob takes longer than a whole delivery may last, measured or as estimated from what others took. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";
}

/** @throws {TooLateError} @throws {TooLargeError} when the blob, once begun, would not end in time. */
export function assertFits({ digest, size }: Descriptor, time: TimeLeft | undefined): void {
  const neededMs = time?.speed.estimateMs(size);
  if (time === undefined || neededMs === undefined || neededMs <= time.remainingMs()) return;
  const needs = `blob ${digest} of ${size} bytes needs about ${Math.ceil(neededMs / 1_000)} s`;
  if (neededMs > time.limitMs) throw tooLarge(needs, time.limitMs);
  throw new TooLateError(`${needs}, and this delivery has ${Math.floor(time.remainingMs() / 1_000)} s left`);
}

/** A blob was sent for nearly as long as a delivery may last, and did not end. */
export function ranOver(
  { digest, size }: Descriptor,
  ms: number,
  time: TimeLeft | undefined,
): TooLargeError | undefined {
  if (time === undefined || ms < time.limitMs * 0.8) return undefined;
  return tooLarge(`blob ${digest} of ${size} bytes was not through after ${Math.floor(ms / 1_000)} s`, time.limitMs);
}

function tooLarge(what: string, limitMs: number): TooLargeError {
  return new TooLargeError(
    `${what}, and a copy may take ${Math.floor(limitMs / 1_000)} s; give the copy function more memory (it gets more network), or copy this image once with "freightliner copy", which has no limit`,
  );
}
