import { setTimeout as sleep } from "node:timers/promises";

export interface PollerOptions<Value> {
  readonly poll: () => Promise<Value>;
  /** Interval between polls, in milliseconds. */
  readonly everyMs: number;
  /** Called when a poll fails; polling continues. */
  readonly onProblem: (error: unknown) => void;
}

/** Polls a value at an interval while it has subscribers. */
export interface Poller<Value> extends AsyncDisposable {
  /** Calls `listener` with the latest value, if any, then with each new one. @returns a function that unsubscribes. */
  subscribe(listener: (look: Value) => void): () => void;
}

export function createPoller<Value>({ poll, everyMs, onProblem }: PollerOptions<Value>): Poller<Value> {
  const listeners = new Set<(look: Value) => void>();
  const closed = new AbortController();
  let last: Value | undefined;
  let polling: Promise<void> | undefined;

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
    polling = undefined;
  }

  return {
    subscribe(listener) {
      const own = (seen: Value): void => listener(seen);
      listeners.add(own);
      if (last !== undefined) own(last);
      polling ??= pollWhileSubscribed();
      return () => void listeners.delete(own);
    },
    async [Symbol.asyncDispose]() {
      closed.abort();
      await polling;
    },
  };
}
