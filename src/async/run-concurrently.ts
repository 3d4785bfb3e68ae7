import { linkAbort } from "./linked-abort.ts";

/**
 * Runs `work` for each item, at most `limit` at once, started in order. The first failure aborts the others, and is thrown once they
 * have ended, so that no work is left running. A failure of the work takes precedence over the caller's abort, because it says more.
 * @returns the results in the order of the items.
 */
export async function concurrently<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  signal: AbortSignal,
): Promise<R[]> {
  if (items.length <= 1) return alone(items, work, signal);
  using failed = linkAbort(signal);
  const either = failed.signal;
  const results: R[] = [];
  const errors: unknown[] = [];
  const entries = items.entries();
  async function worker(): Promise<void> {
    for (const [index, item] of entries) {
      either.throwIfAborted();
      results[index] = await work(item, either);
    }
  }
  const workers = Array.from({ length: Math.min(limit, items.length) }, () =>
    worker().catch((error: unknown) => {
      errors.push(error);
      failed.abort(error);
    }),
  );
  await Promise.all(workers);
  if (errors.length > 0) throw errors.find((error) => !comesFrom(error, signal)) ?? errors[0];
  signal.throwIfAborted();
  return results;
}

/** One item has no others that its failure aborts. */
async function alone<T, R>(
  items: readonly T[],
  work: (item: T, signal: AbortSignal) => Promise<R>,
  signal: AbortSignal,
): Promise<R[]> {
  signal.throwIfAborted();
  const results: R[] = [];
  for (const item of items) results.push(await work(item, signal));
  signal.throwIfAborted();
  return results;
}

/** True for the signal's reason, and for an error that it caused. */
function comesFrom(error: unknown, { aborted, reason }: AbortSignal): boolean {
  if (!aborted) return false;
  for (let cause = error; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    if (cause === reason) return true;
  }
  return false;
}
