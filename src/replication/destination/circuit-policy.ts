import type { CircuitPolicy } from "./circuit.ts";
import { countWindow, timeWindow } from "./sliding-window.ts";

/** A policy as the configuration states it: the window holds the last calls, or the calls of the last seconds. */
export interface CircuitSettings extends Omit<CircuitPolicy, "window"> {
  readonly window: { readonly calls: number } | { readonly seconds: number };
}

/** Buckets of a time window, which advances by one bucket at a time. */
const BUCKETS = 12;
/** Calls older than this do not count, even if fewer than `window.calls` followed; milliseconds. */
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
