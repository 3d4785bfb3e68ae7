import { unlessAborted } from "../../async/abort.ts";

/**
 * Sends a request to AWS, and rejects with the signal's own reason as soon as the signal is aborted. The SDK alone would reject with
 * its own error, and would first sleep through the backoff between two attempts. A request that was already sent may still take effect.
 */
export async function untilAborted<T>(
  signal: AbortSignal,
  send: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  return unlessAborted(send({ abortSignal: signal }), signal);
}
