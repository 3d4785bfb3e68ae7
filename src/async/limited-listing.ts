import { onceAborted, unlessAborted } from "./abort.ts";

/** How long something may take, in milliseconds. */
export interface ListingLimits {
  /** From one item to the next. */
  readonly idleMs?: number | undefined;
  /** In all. */
  readonly totalMs?: number | undefined;
}

/** A listing took longer than its limits. */
export class TooSlowError extends Error {
  override readonly name = "TooSlowError";
}

/** A signal that is aborted after so many milliseconds. */
export type Timeout = (ms: number) => AbortSignal;

/**
 * A listing within limits. Ends when the signal does, even if the listing does not obey it.
 * @throws {TooSlowError} when a limit is passed.
 */
export async function* limitListing<T>(
  list: (signal: AbortSignal) => AsyncIterable<T>,
  limits: ListingLimits,
  timeout: Timeout,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const slow = new AbortController();
  const either = AbortSignal.any([signal, slow.signal]);
  let items = 0;
  let isOver = false;
  const watch = (ms: number | undefined, check: () => boolean): void => {
    if (ms === undefined) return;
    onceAborted(timeout(ms), () => {
      if (isOver) return;
      if (check()) slow.abort(new TooSlowError(`took longer than ${Math.round(ms / 1_000)} s`));
    });
  };
  const watchIdle = (seen: number): void =>
    watch(limits.idleMs, () => {
      if (items === seen) return true;
      watchIdle(items);
      return false;
    });
  watchIdle(0);
  watch(limits.totalMs, () => true);
  const iterator = list(either)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await unlessAborted(iterator.next(), either);
      if (next.done === true) return;
      items++;
      yield next.value;
    }
  } finally {
    isOver = true;
    // A listing that hangs in its last step would hang here, too.
    iterator.return?.().catch(() => undefined);
  }
}
