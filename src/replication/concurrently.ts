/**
 * Runs `work` for every item, at most `limit` at once, started in order. The first failure aborts the others, waits until
 * they have ended (so that nothing runs on unseen), and is thrown.
 */
export async function concurrently<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  signal: AbortSignal,
): Promise<R[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const results: R[] = [];
  const entries = items.entries();
  async function worker(): Promise<void> {
    for (const [index, item] of entries) {
      either.throwIfAborted();
      results[index] = await work(item, either);
    }
  }
  const workers = Array.from({ length: Math.min(limit, items.length) }, () =>
    worker().catch((error: unknown) => {
      failed.abort(error);
    }),
  );
  await Promise.all(workers);
  signal.throwIfAborted();
  failed.signal.throwIfAborted();
  return results;
}

/** A promise that somebody awaits later: its failure is not unhandled until then. */
export function unhurried<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
