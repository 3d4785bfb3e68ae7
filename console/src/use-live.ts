import { useEffect, useState } from "preact/hooks";
import { ApiFailure, get } from "./api.ts";

/** What was read last, and whether it still can be. */
export interface Live<Answer> {
  readonly answer: Answer | undefined;
  /** When it was read; epoch milliseconds. */
  readonly at: number;
  /** Why the last reading failed. */
  readonly problem: string | undefined;
}

/** Reads a path of the API at an interval, as long as the page is visible. Undefined: reads nothing. */
export function useLive<Answer>(path: string | undefined, everyMs: number): Live<Answer> {
  const [live, setLive] = useState<Live<Answer>>({ answer: undefined, at: 0, problem: undefined });
  useEffect(() => {
    setLive({ answer: undefined, at: 0, problem: undefined });
    if (path === undefined) return undefined;
    const ending = new AbortController();
    void poll<Answer>(path, everyMs, setLive, ending.signal);
    return () => ending.abort();
  }, [path, everyMs]);
  return live;
}

async function poll<Answer>(
  path: string,
  everyMs: number,
  set: (change: (last: Live<Answer>) => Live<Answer>) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const answer = await get<Answer>(path, signal);
      set(() => ({ answer, at: Date.now(), problem: undefined }));
    } catch (error) {
      if (signal.aborted) return;
      const problem = error instanceof ApiFailure ? error.message : "the console failed; load it again";
      set((last) => ({ ...last, problem }));
    }
    await pause(everyMs, signal);
    await whileHidden(signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function whileHidden(signal: AbortSignal): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", () => resolve(), { once: true, signal });
    signal.addEventListener("abort", () => resolve());
  });
}
