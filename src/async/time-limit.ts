import type { Clock } from "./clock.ts";

/** Work was not done within the time it may take. */
export class TimeLimitError extends Error {
  override readonly name = "TimeLimitError";
}

/** Runs work whose signal is aborted after so many milliseconds. */
export async function withTimeLimit<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const cancel = clock.after(ms, () => limit.abort(new TimeLimitError(`not done within ${ms / 1_000} s`)));
  try {
    return await work(limit.signal);
  } finally {
    cancel();
  }
}
