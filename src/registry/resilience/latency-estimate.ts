/** Estimates how long a registry takes to answer, and when a response is late. */
export interface LatencyEstimate {
  /** Records how long a response took, in milliseconds. */
  observe(tookMs: number): void;
  /** Milliseconds after which a response is late. */
  lateAfterMs(): number;
}

/** The estimate before the first response. */
const INITIAL_LATE_MS = 2_000;
/** The smallest estimate: hedges that are too early only add load. */
const MIN_LATE_MS = 500;
/** Estimates are rounded up to a multiple: requests share timers of one length. */
const STEP_MS = 100;

/** Smoothed mean plus four deviations, as in TCP's retransmission timer (RFC 6298). */
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
    lateAfterMs() {
      if (mean === undefined) return INITIAL_LATE_MS;
      return Math.max(Math.ceil((mean + 4 * deviation) / STEP_MS) * STEP_MS, MIN_LATE_MS);
    },
  };
}
