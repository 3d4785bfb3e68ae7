import { unlessAborted } from "./abort.ts";

/** Shares one run of the same work between concurrent callers. */
export interface SingleFlight<T> {
  /**
   * Joins the running work of a key, or starts it. A caller whose signal is aborted leaves at once with its reason; the work is
   * aborted when no caller is left. Results are not cached.
   */
  run(key: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
}

interface Run<T> {
  readonly outcome: Promise<T>;
  readonly abort: AbortController;
  waiters: number;
}

export function createSingleFlight<T>(): SingleFlight<T> {
  const running = new Map<string, Run<T>>();

  function begin(key: string, work: (signal: AbortSignal) => Promise<T>): Run<T> {
    const abort = new AbortController();
    const outcome = (async () => {
      try {
        return await work(abort.signal);
      } finally {
        if (running.get(key)?.abort === abort) running.delete(key);
      }
    })();
    // When all callers have left, its rejection must not count as unhandled.
    outcome.catch(() => undefined);
    return { outcome, abort, waiters: 0 };
  }

  return {
    async run(key, work, signal) {
      signal.throwIfAborted();
      const run = running.get(key) ?? begin(key, work);
      running.set(key, run);
      run.waiters++;
      try {
        return await unlessAborted(run.outcome, signal);
      } finally {
        run.waiters--;
        if (run.waiters === 0 && running.get(key) === run) {
          running.delete(key);
          run.abort.abort(signal.reason);
        }
      }
    },
  };
}
