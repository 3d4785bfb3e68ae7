import type { Clock } from "./clock.ts";
import { linkAbort } from "./linked-abort.ts";
import { NEVER } from "./abort.ts";

export interface TimeLimit {
  readonly ms: number;
  /** The reason of the abort when the time is over. */
  readonly error?: () => Error;
}

/** Runs work whose signal is aborted when the time is over, or when `signal` is, whichever comes first. */
export async function withTimeLimit<T>(
  clock: Clock,
  { ms, error = () => new Error(`not done within ${ms / 1_000} s`) }: TimeLimit,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal = NEVER,
): Promise<T> {
  using limit = linkAbort(signal);
  const cancel = clock.after(ms, () => limit.abort(error()));
  try {
    return await work(limit.signal);
  } finally {
    cancel();
  }
}
