import { setTimeout as sleep } from "node:timers/promises";

export interface PollerOptions<Look> {
  readonly poll: () => Promise<Look>;
  /** Interval between polls, in milliseconds. */
  readonly everyMs: number;
  /** Called when a poll fails; polling continues. */
  readonly onProblem: (error: unknown) => void;
}

/** Polls a value at an interval while it has subscribers. */
export interface Poller<Look> extends AsyncDisposable {
  /** Calls `listener` with the latest value, if any, then with each new one. @returns a function that unsubscribes. */
  subscribe(listener: (look: Look) => void): () => void;
}

export function createPoller<Look>({ poll, everyMs, onProblem }: PollerOptions<Look>): Poller<Look> {
  const listeners = new Set<(look: Look) => void>();
  const closed = new AbortController();
  let last: Look | undefined;
  let looking: Promise<void> | undefined;

  async function pollWhileSubscribed(): Promise<void> {
    while (listeners.size > 0 && !closed.signal.aborted) {
      try {
        last = await poll();
        for (const listener of listeners) listener(last);
      } catch (error) {
        if (!closed.signal.aborted) onProblem(error);
      }
      await sleep(everyMs, undefined, { signal: closed.signal }).catch(() => undefined);
    }
    last = undefined;
    looking = undefined;
  }

  return {
    subscribe(listener) {
      const own = (seen: Look): void => listener(seen);
      listeners.add(own);
      if (last !== undefined) own(last);
      looking ??= pollWhileSubscribed();
      return () => void listeners.delete(own);
    },
    async [Symbol.asyncDispose]() {
      closed.abort();
      await looking;
    },
  };
}
