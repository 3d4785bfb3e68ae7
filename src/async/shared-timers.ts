import type { Clock } from "./clock.ts";

interface Limit {
  /** When it is due, by `now`. */
  readonly at: number;
  readonly act: () => void;
}

/**
 * Schedules calls of which almost all are cancelled: the time limits of requests. All calls of one length share one timer, because they become
 * due in the order in which they were scheduled. @param now must never go back. @param start starts a timer.
 */
export function shareTimers(now: () => number, start: (ms: number, act: () => void) => void): Clock["after"] {
  /** By length, in milliseconds. Each set has a running timer. */
  const limits = new Map<number, Set<Limit>>();

  function watch(ms: number, waiting: Set<Limit>, waitMs: number): void {
    start(waitMs, () => {
      const time = now();
      try {
        for (const limit of waiting) {
          if (limit.at > time) break;
          waiting.delete(limit);
          limit.act();
        }
      } finally {
        const [next] = waiting;
        if (next === undefined) limits.delete(ms);
        else watch(ms, waiting, next.at - time);
      }
    });
  }

  return (ms, act) => {
    const limit = { at: now() + ms, act };
    const known = limits.get(ms);
    const waiting = known ?? new Set<Limit>();
    waiting.add(limit);
    if (known === undefined) {
      limits.set(ms, waiting);
      watch(ms, waiting, ms);
    }
    return () => void waiting.delete(limit);
  };
}
