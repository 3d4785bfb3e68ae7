/** Limits that the stack and the functions must agree on. Units are in the names. */

/** Timeout of the copy function; its deadline lies {@link COPY_RESERVE_MS} earlier. Lambda allows 900 s at most. */
export const COPY_TIMEOUT_SECONDS = 900;
/** Time that a copy reserves to save its state, release its lease and respond before Lambda kills it. */
export const COPY_RESERVE_MS = 5_000;
/** Default memory of the copy function in MB: one full vCPU. */
export const COPY_MEMORY_MEGABYTES = 1_769;
/**
 * Visibility timeout of a copy queue, in seconds, for a function with this timeout: a thirtieth more, for the time before Lambda starts
 * the function. Lambda requires at least the function's timeout. It recommends six times as much for batches that are throttled and
 * retried ("Configuring a queue to use with Lambda"). Here a batch is one message, and a mapping never invokes more than its maximum concurrency,
 * so a longer timeout would only delay the message of a killed copy.
 */
export function visibilitySeconds(timeoutSeconds: number): number {
  return timeoutSeconds + Math.ceil(timeoutSeconds / 30);
}
/** Deliveries after which SQS itself moves a message to the dead letters: a backstop, because the tag record counts attempts. */
export const COPY_MAX_RECEIVE_COUNT = 1_000;
/** Failed attempts at one tag before its message goes to the dead-letter queue. */
export const COPY_MAX_ATTEMPTS = 8;
/** Copies that run at once per queue (Lambda's MaximumConcurrency of an SQS event source; 2 to 1,000). */
export const COPY_MAX_CONCURRENCY = 50;
/** Default retention of the queues: SQS's maximum. */
export const RETENTION_DAYS = 14;
/** Delivery of an event by EventBridge: its maximum age and retries, set explicitly so that no default applies. */
export const RULE_MAX_AGE_HOURS = 24;
export const RULE_RETRIES = 185;
/**
 * Retries of a failed asynchronous invocation. Lambda retries it at most twice, after one minute and after two more, and keeps it for at
 * most six hours while the function is throttled or Lambda itself fails (AWS Lambda developer guide, "How Lambda handles errors and
 * retries with asynchronous invocation"). EventBridge, EventBridge Scheduler and SNS invoke functions asynchronously: they never learn
 * whether a function succeeded.
 */
export const ASYNC_RETRIES = 2;
export const ASYNC_MAX_AGE_SECONDS = 21_600;
/**
 * Delay of requests for untagged pushes, in seconds. By then, a child of an index has usually been copied with its index, and the request
 * occupies no function that a tagged push needs.
 */
export const UNTAGGED_DELAY_SECONDS = 30;
/**
 * Limits of a pre-copy. A request older than the first comes too late to save time. The second bounds how long a tag waits for a blob that a
 * pre-copy sends over a slow line.
 */
export const PRE_COPY_MAX_AGE_MS = 60_000;
export const PRE_COPY_LIMIT_MS = 60_000;
/** How long a gradual deployment of an external configuration takes until every container decides by it. */
export const ROLLOUT_MINUTES = 10;
/** Timeout of the fan-out function. */
export const FAN_OUT_TIMEOUT_SECONDS = 30;
/**
 * How long a lease lasts without a heartbeat: the longest time that a killed copy delays the next one. An abandoned request may take
 * effect up to 30 s later; the lease is longer, so that no late put of a tag can follow a newer one.
 */
export const COPY_LEASE_SECONDS = 45;
/** The most concurrent uploads of one function: of small blobs, and of blobs of 1 MiB or more. */
export const COPY_STREAMS = { small: 64, big: 16 } as const;
/** The service level objective for the lag from push to verified tag: this percentage of pushes within this time. */
export const LAG_GOAL = { percent: 99.9, withinMs: 300_000 } as const;
/** How long receipts are kept. */
export const RECEIPT_KEEP_DAYS = 90;
/** Initial requests per second to a destination, of all functions together. The rate grows while the destination is healthy. */
export const RATE_FIRST_PER_SECOND = 50;
/** Burst after an idle period, in milliseconds of the rate. */
export const RATE_BURST_MS = 10_000;
/**
 * Defaults of the circuit breaker. It counts the calls of the last minute. An open circuit becomes half-open after 20 s, then after 40 s,
 * then every minute, with permits for two copies at a time; two successful writes close it.
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
/** Timeouts and rates of the scheduled functions. */
export const RECONCILE_TIMEOUT_SECONDS = 900;
export const RECONCILE_RATE_MINUTES = 1;
/** A sealing that is cut off is finished by the next one. */
export const SEAL_TIMEOUT_SECONDS = 240;
export const SEAL_RATE_MINUTES = 5;
export const PROBE_TIMEOUT_SECONDS = 60;
export const PROBE_RATE_MINUTES = 1;
/** The repository at a destination in which the probe opens and cancels uploads, to find out whether the destination accepts writes. */
export const PROBE_REPOSITORY = "freightliner-probe";
/** The tag of the source that every canary is pushed to. */
export const CANARY_TAG = "freightliner-canary";
/**
 * How often a canary is pushed, in minutes. With less than the least, a push that arrives within {@link LAG_GOAL} would raise the alarm of
 * {@link canaryLimitSeconds}.
 */
export const CANARY_INTERVAL_MINUTES = { least: 10, usual: 15, most: 1_440 } as const;
/** The canary function asks every minute whether the last canary has arrived. Its timeout is shorter, so that two never overlap. */
export const CANARY_RATE_MINUTES = 1;
export const CANARY_TIMEOUT_SECONDS = 50;
/** Minutes in a row that must be above the limit, or without data, before the alarm is raised. */
export const CANARY_ALARM_MINUTES = 2;
/**
 * How old the newest canary of a destination may be, in seconds. Less than two intervals by what the alarm itself takes: its minutes, and two
 * more until CloudWatch has the data and evaluates them.
 */
export function canaryLimitSeconds(intervalMinutes: number): number {
  return (2 * intervalMinutes - CANARY_ALARM_MINUTES - 2) * 60;
}
/** Timeout of the arrivals function, which a registry or Pub/Sub calls: they give up after 30 s at the latest. */
export const ARRIVALS_TIMEOUT_SECONDS = 25;
/** Timeout of the function that checks an external document. */
export const VALIDATE_TIMEOUT_SECONDS = 30;
/** Timeout of the jobs function: the longest that Lambda allows. */
export const JOBS_TIMEOUT_SECONDS = 900;
/** The inspect function: its timeout, and how often it continues what is not over. */
export const INSPECT_TIMEOUT_SECONDS = 900;
export const INSPECT_RATE_MINUTES = 1;
/** Timeout of the API functions: some requests read the whole table. */
export const API_TIMEOUT_SECONDS = 60;
/** Timeout of the announce function. */
export const ANNOUNCE_TIMEOUT_SECONDS = 30;
/** Timeout of the notify function: ten messages, each with one try of five seconds and calls of the table. */
export const NOTIFY_TIMEOUT_SECONDS = 120;
/** Tries of a notification, over about a day, before it goes to the undelivered ones. */
export const NOTIFY_MAX_RECEIVE_COUNT = 100;
/**
 * How long no comparison may end before the alarm is raised, in hours: two consecutive ones must be missing, for at least two hours, because
 * one takes a while. An alarm evaluates at most one week.
 */
export function comparisonHeartbeatHours(everyMinutes: number): number {
  return Math.min(Math.max(Math.ceil((2 * everyMinutes) / 60), 2), 168);
}
/** How long the lease of a comparison lasts without a heartbeat. */
export const RECONCILE_LEASE_SECONDS = 300;
/** Concurrent copies per backfill queue. Fewer than for live pushes, which have priority. */
export const BACKFILL_MAX_CONCURRENCY = 10;
/** How long a checkpoint is kept. More time costs storage only; less time costs a request per blob. */
export const CHECKPOINT_KEEP_DAYS = 30;
/**
 * Timeout of a build of the long lane: less than the total of 12 hours for which SQS can hide a message (SQS API,
 * ChangeMessageVisibility), and less than CodeBuild's limit of 36 hours. A copy ends {@link LONG_RESERVE_SECONDS} earlier, to save its
 * progress.
 */
export const LONG_TIMEOUT_SECONDS: number = 8 * 3_600;
export const LONG_RESERVE_SECONDS = 300;
/** Visibility timeout of a long queue: how long a killed build delays its message. Renewed after a third of it. */
export const LONG_VISIBILITY_SECONDS = 300;
