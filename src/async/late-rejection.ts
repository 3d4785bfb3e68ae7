/** Returns a promise that is awaited later. Until then, its rejection does not count as unhandled. */
export function ignoreRejectionUntilAwaited<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
