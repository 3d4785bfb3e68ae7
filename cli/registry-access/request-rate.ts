import type { Clock } from "../../src/async/clock.ts";
import type { SharedRate } from "../../src/registry/resilience/shared-limits.ts";

/** Spaces the requests of this process evenly, to at most the given number a second. */
export function createRequestRate(requestsPerSecond: number, clock: Pick<Clock, "now" | "sleep">): SharedRate {
  const intervalMs = 1_000 / requestsPerSecond;
  let next = 0;
  return {
    async acquire(signal) {
      const now = clock.now();
      const at = Math.max(next, now);
      next = at + intervalMs;
      if (at > now) await clock.sleep(at - now, signal);
    },
    tryAcquire() {
      const now = clock.now();
      if (next > now) return false;
      next = now + intervalMs;
      return true;
    },
    async refused(retryAfterMs) {
      next = Math.max(next, clock.now() + retryAfterMs);
    },
  };
}
