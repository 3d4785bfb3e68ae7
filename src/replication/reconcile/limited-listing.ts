import { onceAborted, unlessAborted } from "../../async/abort.ts";
import { linkAbort } from "../../async/linked-abort.ts";

/** Time limits of a listing, in milliseconds. */
export interface ListingLimits {
  /** Between two items. */
  readonly idleMs?: number | undefined;
  /** For the whole listing. */
  readonly totalMs?: number | undefined;
}

/** A listing exceeded a time limit. */
export class TooSlowError extends Error {
  override readonly name = "TooSlowError";
}

/** Creates a signal that is aborted after so many milliseconds. */
export type Timeout = (ms: number) => AbortSignal;

/**
 * Enforces time limits on a listing. Ends when the signal is aborted, even if the listing ignores it.
 * @throws {TooSlowError} when a limit is exceeded.
 */
export async function* limitListing<T>(
  list: (signal: AbortSignal) => AsyncIterable<T>,
  limits: ListingLimits,
  timeout: Timeout,
  signal: AbortSignal,
): AsyncGenerator<T> {
  using listing = linkAbort(signal);
  let items = 0;
  let isOver = false;
  const watch = (ms: number | undefined, check: () => boolean): void => {
    if (ms === undefined) return;
    onceAborted(timeout(ms), () => {
      if (isOver) return;
      if (check()) listing.abort(new TooSlowError(`took longer than ${Math.round(ms / 1_000)} s`));
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
  const iterator = list(listing.signal)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await unlessAborted(iterator.next(), listing.signal);
      if (next.done === true) return;
      items++;
      yield next.value;
    }
  } finally {
    isOver = true;
    // Not awaited: a listing that ignores its signal would hang here.
    iterator.return?.().catch(() => undefined);
  }
}
