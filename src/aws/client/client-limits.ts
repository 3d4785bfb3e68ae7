/** Connection timeout, in milliseconds. */
const CONNECT_MS = 3_000;
/** Response timeout, in milliseconds. */
const ANSWER_MS = 10_000;
/** Response timeout of the state table: three attempts fit between a heartbeat and the end of its lease. */
export const TABLE_ANSWER_MS = 5_000;

/**
 * Timeouts of an AWS client. A request that times out is retried like any other failure. Without them, the SDK waits forever: a dead
 * connection would block a function, and the renewal of a lease, until Lambda kills the function.
 */
export function clientLimits(answerMs: number = ANSWER_MS) {
  return {
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: answerMs, throwOnRequestTimeout: true },
  } as const;
}
