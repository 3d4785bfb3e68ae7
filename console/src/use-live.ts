import { useEffect, useState } from "preact/hooks";
import { get, problemOf, statusOf } from "./api.ts";

/** What was read last, and whether it still can be. */
export interface Live<Answer> {
  readonly answer: Answer | undefined;
  /** The answer is that of another path, which was read before this one. */
  readonly isEarlier: boolean;
  /** When it was read; epoch milliseconds. */
  readonly at: number;
  /** Why the last reading failed. */
  readonly problem: string | undefined;
  /** The HTTP status of a reading that the API refused. */
  readonly status: number | undefined;
}

type Read<Answer> = (path: string, signal: AbortSignal) => Promise<Answer>;
type Change<Answer> = (change: (last: Live<Answer>) => Live<Answer>) => void;

const NOTHING_READ = { answer: undefined, isEarlier: false, at: 0, problem: undefined, status: undefined };
/** A reading that took long is repeated less often: it takes at most a fifth of the time. */
const REST = 4;

/**
 * Reads a path of the API at an interval, as long as the page is visible. Undefined: reads nothing. The answer of the path before stays until the first
 * one of the new path has come.
 */
export function useLive<Answer>(
  path: string | undefined,
  everyMs: number,
  read: Read<Answer> = get<Answer>,
): Live<Answer> {
  const [live, setLive] = useState<Live<Answer>>(NOTHING_READ);
  useEffect(() => {
    setLive((last) =>
      path === undefined ? NOTHING_READ : { ...last, isEarlier: true, problem: undefined, status: undefined },
    );
    if (path === undefined) return undefined;
    const ending = new AbortController();
    void poll(() => read(path, ending.signal), { everyMs, set: setLive }, ending.signal);
    return () => ending.abort();
  }, [path, everyMs]);
  return live;
}

async function poll<Answer>(
  read: () => Promise<Answer>,
  { everyMs, set }: { readonly everyMs: number; readonly set: Change<Answer> },
  signal: AbortSignal,
): Promise<void> {
  async function readOnce(): Promise<void> {
    try {
      const answer = await read();
      if (signal.aborted) return;
      set(() => ({ answer, isEarlier: false, at: Date.now(), problem: undefined, status: undefined }));
    } catch (error) {
      if (signal.aborted) return;
      set((last) => ({ ...last, problem: problemOf(error), status: statusOf(error) }));
    }
  }
  await whileWatched(readOnce, everyMs, signal);
}

/** Works at an interval, as long as the page is visible. */
export async function whileWatched(work: () => Promise<void>, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const began = Date.now();
    await work();
    await pause(Math.max(everyMs, (Date.now() - began) * REST), signal);
    await whileHidden(signal);
  }
}

/** Ends after a time, or with the signal. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
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
