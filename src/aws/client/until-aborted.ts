import { unlessAborted } from "../../async/abort.ts";

/**
 * Sends something to AWS, and rejects with the signal's own reason at once when it is aborted. The SDK alone would reject with an
 * error of its own, and sleep through the pause between two tries. What was sent by then may take effect all the same.
 */
export async function untilAborted<T>(
  signal: AbortSignal,
  send: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  return unlessAborted(send({ abortSignal: signal }), signal);
}
