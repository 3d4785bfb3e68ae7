/** Marks a promise that is awaited later, so that its failure until then is no unhandled rejection. */
export function ignoreRejectionUntilAwaited<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
