import type { CircuitPolicy } from "./circuit.ts";
import { countWindow, timeWindow } from "./sliding-window.ts";

/** A policy as it is written down; `window` is the last calls by their number, or by time. */
export interface CircuitSettings extends Omit<CircuitPolicy, "window"> {
  readonly window: { readonly calls: number } | { readonly seconds: number };
}

/** Buckets of a window by time: it moves on by one of them at once. */
const BUCKETS = 12;
/** Calls older than this say nothing, however few there were since; milliseconds. */
const CALLS_MAX_AGE_MS = 600_000;

export function circuitPolicy({ window, ...rest }: CircuitSettings): CircuitPolicy {
  return {
    ...rest,
    window:
      "calls" in window
        ? countWindow({ calls: window.calls, maxAgeMs: CALLS_MAX_AGE_MS })
        : timeWindow({ bucketMs: Math.ceil((window.seconds * 1_000) / BUCKETS), buckets: BUCKETS }),
  };
}
