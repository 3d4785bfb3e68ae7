/** How long a registry usually takes to answer, and from when on an answer is late. */
export interface LatencyEstimate {
  /** An answer took this long, in milliseconds. */
  observe(tookMs: number): void;
  /** Answers later than this, in milliseconds, are unusual. */
  lateAfterMs(): number;
}

/** Before anything was observed, and never below: a hedge that is too eager only adds load. */
const LATE_FIRST_MS = 2_000;
const LATE_MIN_MS = 500;

/** Smoothed mean and four deviations, as TCP judges its round trips (RFC 6298). */
export function createLatencyEstimate(): LatencyEstimate {
  let mean: number | undefined;
  let deviation = 0;
  return {
    observe(tookMs) {
      if (mean === undefined) {
        mean = tookMs;
        deviation = tookMs / 2;
        return;
      }
      deviation += (Math.abs(tookMs - mean) - deviation) / 4;
      mean += (tookMs - mean) / 8;
    },
    lateAfterMs: () => (mean === undefined ? LATE_FIRST_MS : Math.max(mean + 4 * deviation, LATE_MIN_MS)),
  };
}
