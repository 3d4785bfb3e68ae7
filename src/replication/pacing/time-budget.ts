import { createLruCache } from "../../async/lru.ts";
import type { Descriptor } from "../../oci/descriptor.ts";

/** The time of one delivery, and the bandwidth measured to its destination. */
export interface TimeBudget {
  /** Milliseconds left in this delivery. */
  remainingMs(): number;
  /** Longest time of a delivery, in milliseconds. */
  readonly limitMs: number;
  readonly bandwidth: BandwidthEstimate;
}

/** Estimated bandwidth to one destination, over all uploads of a process. */
export interface BandwidthEstimate {
  /** Adds a measurement: `bytes` were sent in `ms`. */
  addSample(bytes: number, ms: number): void;
  /** Undefined while nothing has been measured. */
  bytesPerMs(): number | undefined;
}

/** A sample below both limits is ignored: for few bytes, the request takes longer than the transfer. */
const SAMPLE_MIN_BYTES: number = 4 * 1024 * 1024;
export const SAMPLE_MIN_MS = 500;
/** Weight of the newest sample in the moving average. */
const WEIGHT = 0.3;
/** Safety factor of a time estimate. */
const MARGIN = 1.2;

/** Destinations whose estimate is kept. */
const ESTIMATES = 100;

/** Estimates by the names of destinations. */
export function createBandwidthEstimates(): (destination: string) => BandwidthEstimate {
  return createLruCache(ESTIMATES, () => createBandwidthEstimate());
}

export function createBandwidthEstimate(): BandwidthEstimate {
  let perMs: number | undefined;
  return {
    addSample(bytes, ms) {
      if (bytes < SAMPLE_MIN_BYTES && ms < SAMPLE_MIN_MS) return;
      const seen = bytes / Math.max(ms, 1);
      perMs = perMs === undefined ? seen : perMs * (1 - WEIGHT) + seen * WEIGHT;
    },
    bytesPerMs: () => perMs,
  };
}

/** Estimated time to send `bytes`, in milliseconds, with a margin; undefined while nothing has been measured. */
export function estimateMs(bytes: number, bandwidth: BandwidthEstimate): number | undefined {
  const perMs = bandwidth.bytesPerMs();
  return perMs === undefined ? undefined : (bytes / perMs) * MARGIN;
}

/** An upload did not start because the time left is too short; another delivery may have enough time. */
export class TooLateError extends Error {
  override readonly name = "TooLateError";
}

/** An upload had a whole delivery to itself and was too slow to finish in its time limit. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";
}

/** The error for a blob that is left to another delivery. */
export function tooLateError({ digest, size }: Descriptor, budget: TimeBudget): TooLateError {
  const neededMs = estimateMs(size, budget.bandwidth);
  const needs = neededMs === undefined ? "does not fit beside the other uploads" : `needs about ${seconds(neededMs)}`;
  return new TooLateError(
    `blob ${digest} of ${size} bytes ${needs}, and this delivery has ${seconds(budget.remainingMs())} left`,
  );
}

function seconds(ms: number): string {
  return `${Math.max(Math.ceil(ms / 1_000), 0)} s`;
}

/** @param ms how long the upload ran. @param limitMs the time limit of a delivery. */
export function tooLargeError({ digest, size }: Descriptor, sent: number, ms: number, limitMs: number): TooLargeError {
  return new TooLargeError(
    `${sent} of ${size} bytes of blob ${digest} were sent after ${seconds(ms)} alone on the line, and a copy may take ${seconds(limitMs)} here; it needs more bandwidth or more time: builds of the long lane have hours where it is enabled ("longLane"), and "freightliner copy" has no limit`,
  );
}
