/** A promise, or the end of the signal if that comes first. */
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

/** Runs something when a signal is aborted; not when it already was, for then its time is no time to wait. */
export function onceAborted(signal: AbortSignal, run: () => void): void {
  if (!signal.aborted) signal.addEventListener("abort", run, { once: true });
}
