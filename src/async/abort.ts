/**
 * Waits for a promise, or until the signal is aborted. @throws the signal's reason then; the work behind the promise
 * continues.
 */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    return Promise.reject(reasonOf(signal));
  }
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(reasonOf(signal));
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error("aborted", { cause: signal.reason });
}

/** A signal that is never aborted. */
export const NEVER: AbortSignal = new AbortController().signal;

/** Calls `run` when the signal is aborted. Never calls it when the signal was aborted before. */
export function onceAborted(signal: AbortSignal, run: () => void): void {
  if (!signal.aborted) signal.addEventListener("abort", run, { once: true });
}
