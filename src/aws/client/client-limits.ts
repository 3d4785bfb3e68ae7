/** A connection to AWS is made within this time, in milliseconds. */
const CONNECT_MS = 3_000;
/** An answer of AWS comes within this time; of the state table within a third of the time between two heartbeats. */
const ANSWER_MS = 10_000;
export const TABLE_ANSWER_MS = 5_000;

/**
 * How long an AWS client waits for one request, which it then sends again as it does after other failures. Without it, the SDK waits for ever: a
 * connection that has gone silent would hold a function, and the renewal of a lease, until the function is killed.
 */
export function clientLimits(answerMs: number = ANSWER_MS) {
  return {
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: answerMs, throwOnRequestTimeout: true },
  } as const;
}
