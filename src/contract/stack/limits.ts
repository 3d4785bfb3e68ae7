/** Limits that the stack and the functions must agree on. Units are in the names. */

/** Timeout of the copy function; its deadline lies {@link COPY_RESERVE_MS} earlier. Lambda allows 900 s at most. */
export const COPY_TIMEOUT_SECONDS = 900;
/** Time a copy keeps to save its state, release its lease and answer before Lambda kills it. */
export const COPY_RESERVE_MS = 5_000;
/** Memory of the copy function in MB, unless the stack is given another: one whole vCPU. */
export const COPY_MEMORY_MEGABYTES = 1_769;
/**
 * Visibility timeout of a copy queue, in seconds, of a function that may take so long: its time and a thirtieth more, for what Lambda does
 * before it starts. Lambda demands the function's time at least. It recommends six times that for the sake of batches that are throttled and
 * tried again ("Configuring a queue to use with Lambda"); here a batch is one message and Lambda never tries more than it may run at
 * once, so more would only hide the message of a killed copy for longer.
 */
export function visibilitySeconds(timeoutSeconds: number): number {
  return timeoutSeconds + Math.ceil(timeoutSeconds / 30);
}
/** How often SQS itself may deliver a message: a backstop only, attempts are counted in the tag record. */
export const COPY_MAX_RECEIVE_COUNT = 1_000;
/** Failed attempts at one tag before its message goes to the dead-letter queue. */
export const COPY_MAX_ATTEMPTS = 8;
/** Copies that run at once per queue (Lambda's MaximumConcurrency of an SQS event source; 2 to 1,000). */
export const COPY_MAX_CONCURRENCY = 50;
/** Messages stay this long in every queue: SQS's maximum. */
export const RETENTION_DAYS = 14;
/** EventBridge delivery: its own maximum, set explicitly because newer buses default to far less. */
export const RULE_MAX_AGE_HOURS = 24;
export const RULE_RETRIES = 185;
/**
 * What Lambda does with an asynchronous invocation that fails: it is retried twice at most, after one minute and after two, and kept for six hours
 * at most while the function is throttled or Lambda has errors of its own (AWS Lambda developer guide, "How Lambda handles errors and
 * retries with asynchronous invocation"). EventBridge, EventBridge Scheduler and SNS all invoke asynchronously: whether a function ended
 * well, they never know.
 */
export const ASYNC_RETRIES = 2;
export const ASYNC_MAX_AGE_SECONDS = 21_600;
/**
 * How long what was pushed without a tag waits before it is looked at, in seconds: the child of an index has come with it by then, and
 * takes no function away from what was pushed under a tag.
 */
export const UNTAGGED_DELAY_SECONDS = 30;
/** Timeout of the fan-out function. */
export const FAN_OUT_TIMEOUT_SECONDS = 30;
/**
 * How long a lease lasts without a heartbeat: what a killed copy makes the next one wait, at most. Longer than a request
 * that was given up may take to take effect (30 s), so that no late put of a tag meets a newer one.
 */
export const COPY_LEASE_SECONDS = 45;
/** Blobs that one function sends at once, at most: small ones, and those of 1 MiB and more. */
export const COPY_STREAMS = { small: 64, big: 16 } as const;
/** The goal for the lag from push to verified tag: so many percent of pushes within so long. */
export const LAG_GOAL = { percent: 99, withinMs: 300_000 } as const;
/** How long the end of every request is remembered. */
export const RECEIPT_KEEP_DAYS = 90;
/** Requests per second a destination is sent by everything together to begin with; it grows while it is well. */
export const RATE_FIRST_PER_SECOND = 50;
/** What may be sent at once after a pause, in milliseconds of the rate. */
export const RATE_BURST_MS = 10_000;
/**
 * When a destination is left alone. Its calls are judged over the last minute; it is tried again after 20 s, then 40, then
 * every minute, by two copies at a time; two writes that go well close the circuit.
 */
export const CIRCUIT = {
  windowSeconds: 60,
  minimumCalls: 10,
  failureRate: 0.5,
  slowRate: 0.8,
  openMs: 20_000,
  openMaxMs: 60_000,
  permits: 2,
  permitMs: 60_000,
  successesToClose: 2,
} as const;
/** Timeouts of the scheduled functions, and how often they are called. */
export const RECONCILE_TIMEOUT_SECONDS = 900;
export const RECONCILE_RATE_MINUTES = 1;
export const PROBE_TIMEOUT_SECONDS = 60;
export const PROBE_RATE_MINUTES = 1;
/** Name of the repository at a destination in which uploads are opened, and cancelled, to see whether it takes writes. */
export const PROBE_REPOSITORY = "freightliner-probe";
/** Timeout of the notify function: three tries of five seconds, and the pauses between. */
export const NOTIFY_TIMEOUT_SECONDS = 30;
/** How long a comparison is somebody's without a sign of life. */
export const RECONCILE_LEASE_SECONDS = 300;
/** Copies of a backfill that run at once per queue: what was just pushed goes first. */
export const BACKFILL_MAX_CONCURRENCY = 10;
/** How long it is remembered that a blob is at a target. Longer only costs storage; shorter, a request per blob. */
export const CHECKPOINT_KEEP_DAYS = 30;
/**
 * Time a build of the long lane may take: below the 12 hours that SQS can hide a message in all (SQS API, ChangeMessageVisibility), and far
 * below the 36 that CodeBuild allows. A copy ends so much earlier that it can say how far it came.
 */
export const LONG_TIMEOUT_SECONDS: number = 8 * 3_600;
export const LONG_RESERVE_SECONDS = 300;
/** Visibility of a long queue: what a killed build makes its message wait. Renewed after a third of it. */
export const LONG_VISIBILITY_SECONDS = 300;
