import { setTimeout as sleep } from "node:timers/promises";

export interface PollerOptions<Look> {
  readonly poll: () => Promise<Look>;
  /** From one look to the next, in milliseconds. */
  readonly everyMs: number;
  /** Told of a look that failed; the next one may do better. */
  readonly onProblem: (error: unknown) => void;
}

/** Looks at something again and again, as long as somebody wants to see it. */
export interface Poller<Look> extends AsyncDisposable {
  /** Calls `listener` with the last look there is, then with each. @returns what ends that. */
  subscribe(listener: (look: Look) => void): () => void;
}

export function createPoller<Look>({ poll, everyMs, onProblem }: PollerOptions<Look>): Poller<Look> {
  const listeners = new Set<(look: Look) => void>();
  const closed = new AbortController();
  let last: Look | undefined;
  let looking: Promise<void> | undefined;

  async function goOn(): Promise<void> {
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
      looking ??= goOn();
      return () => void listeners.delete(own);
    },
    async [Symbol.asyncDispose]() {
      closed.abort();
      await looking;
    },
  };
}
