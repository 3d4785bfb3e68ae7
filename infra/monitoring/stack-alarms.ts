import { MathExpression } from "aws-cdk-lib/aws-cloudwatch";
import { COPY_TIMEOUT_SECONDS, LONG_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import type { AlarmsProps } from "./alarms-props.ts";
import { HOUR, MINUTES_15, MINUTES_5, ownMetric } from "./alarm-definition.ts";
import type { AlarmDefinition } from "./alarm-definition.ts";

/** Alarms for dead letters, and for events that EventBridge or Lambda gave up. */
export function lossAlarms({
  deadLetters,
  undelivered,
  functions: { fanOut },
}: Pick<AlarmsProps, "deadLetters" | "undelivered" | "functions">): AlarmDefinition[] {
  return [
    {
      id: "dead-letters",
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum", period: MINUTES_5 }),
      threshold: 0,
      summary: "Copies failed permanently: they are not retried until they are redriven.",
      runbookHeading: "Dead letters",
    },
    {
      id: "undelivered-events",
      metric: undelivered.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum", period: MINUTES_5 }),
      threshold: 0,
      summary:
        "Push events were dropped: EventBridge could not deliver them to Lambda, or all attempts of the fan-out function failed.",
      runbookHeading: "Undelivered events",
    },
    {
      id: "lost-events",
      metric: fanOut.metric("DestinationDeliveryFailures", { statistic: "Sum", period: MINUTES_5 }),
      threshold: 0,
      summary:
        "Push events were lost: the fan-out function failed, and Lambda could not send them to the queue of undelivered events.",
      runbookHeading: "Undelivered events",
    },
  ];
}

/** Alarms for errors, crashes, throttles and duration of the functions. */
export function functionAlarms({
  functions,
  deployment: { stack },
}: Pick<AlarmsProps, "functions" | "deployment">): AlarmDefinition[] {
  const { copy, fanOut, probe, reconcile } = functions;
  const sum = { statistic: "Sum", period: MINUTES_15 };
  const errors = new MathExpression({
    // A metric without data means no errors. Without FILL, the sum would have no data either.
    expression: "FILL(a, 0) + FILL(b, 0) + FILL(c, 0) + FILL(d, 0)",
    label: "errors of all functions",
    period: MINUTES_15,
    usingMetrics: {
      a: fanOut.metricErrors(sum),
      b: copy.metricErrors(sum),
      c: probe.metricErrors(sum),
      d: reconcile.metricErrors(sum),
    },
  });
  return [
    {
      id: "function-errors",
      metric: errors,
      threshold: 3,
      summary: "Functions failed or timed out repeatedly.",
      runbookHeading: "Function errors",
    },
    ...(["fan-out", "copy", "probe", "reconcile"] as const).map((service) => ({
      id: `${service}-crashes`,
      metric: ownMetric(Metric.crashes, { stack, service }, "Sum", MINUTES_15),
      threshold: 0,
      summary: `The ${service} function failed with an unexpected error.`,
      runbookHeading: "Function errors",
    })),
    {
      id: "throttles",
      metric: copy.metricThrottles(sum),
      threshold: 10,
      summary: "Lambda throttled the copy function: the concurrency of the account is exhausted.",
      runbookHeading: "Throttles",
    },
    {
      id: "copy-duration",
      metric: copy.metricDuration({ statistic: "Maximum", period: MINUTES_15 }),
      threshold: COPY_TIMEOUT_SECONDS * 900,
      summary: "A copy took more than 90 % of its time limit.",
      runbookHeading: "Copies near their time limit",
    },
  ];
}

/** Alarm for notifications of the source that could not be handled. */
export function arrivalsAlarms({ arrivals }: Pick<AlarmsProps, "arrivals">): AlarmDefinition[] {
  if (arrivals === undefined) return [];
  return [
    {
      id: "arrivals-errors",
      metric: arrivals.metricErrors({ statistic: "Sum", period: MINUTES_15 }),
      threshold: 0,
      summary: "Notifications of the source failed; what the source does not send again waits for the next comparison.",
      runbookHeading: "Function errors",
    },
  ];
}

/** Alarm for receipts that are not signed: all sealings of an hour but a few failed. */
export function sealAlarms({ seal }: Pick<AlarmsProps, "seal">): AlarmDefinition[] {
  if (seal === undefined) return [];
  return [
    {
      id: "seal-errors",
      metric: seal.metricErrors({ statistic: "Sum", period: HOUR }),
      threshold: 3,
      summary: "Receipts are not signed; they wait, and nothing is lost for 90 days.",
      runbookHeading: "Receipts are not signed",
    },
  ];
}

/** Alarm for announcements that wait for the event bus. */
export function announcementAlarms({ announcements }: Pick<AlarmsProps, "announcements">): AlarmDefinition[] {
  return [
    {
      id: "announcements-waiting",
      metric: announcements.metricApproximateNumberOfMessagesVisible({ statistic: "Minimum", period: MINUTES_15 }),
      threshold: 0,
      summary:
        "Events about pushes have been waiting for the event bus for a quarter of an hour; no image waits for them.",
      runbookHeading: "Announcements",
    },
  ];
}

/** Alarm for messages whose deferral failed. */
export function deferralAlarms({ deployment: { stack } }: Pick<AlarmsProps, "deployment">): AlarmDefinition[] {
  return [
    {
      id: "deferrals-failed",
      metric: ownMetric(Metric.deferralsFailed, { stack, service: "copy" }, "Sum", MINUTES_15),
      threshold: 0,
      summary: "The visibility timeout of a message could not be changed; SQS delivers it again later than intended.",
      runbookHeading: "Deferrals",
    },
  ];
}

/** Alarms for notifications that a channel does not take, and for those that were given up. */
export function notificationAlarms({
  undeliveredNotifications,
  deployment: { stack },
}: Pick<AlarmsProps, "undeliveredNotifications" | "deployment">): AlarmDefinition[] {
  if (undeliveredNotifications === undefined) return [];
  const waiting = { statistic: "Maximum", period: MINUTES_5 };
  return [
    {
      id: "undelivered-notifications",
      metric: undeliveredNotifications.metricApproximateNumberOfMessagesVisible(waiting),
      threshold: 0,
      summary: "Notifications were given up: a channel did not take them in a day.",
      runbookHeading: "Notifications",
    },
    {
      id: "notifications-failed",
      metric: ownMetric(Metric.notificationsFailed, { stack, service: "notify" }, "Sum", MINUTES_15),
      threshold: 0,
      summary: "A channel does not take notifications; they are tried again.",
      runbookHeading: "Notifications",
    },
  ];
}

/** Alarms of the long lane: for failed builds, whose work the next build resumes, and for requests without progress. */
export function longLaneAlarms({ project, queues }: Pick<AlarmsProps, "project" | "queues">): AlarmDefinition[] {
  if (project === undefined) return [];
  return [
    {
      id: "long-lane-failed",
      metric: project.metricFailedBuilds({ statistic: "Sum", period: MINUTES_15 }),
      threshold: 0,
      summary: "A build of the long lane failed or timed out, or a copy in it crashed.",
      runbookHeading: "Long lane",
    },
    ...queues
      .filter(({ priority }) => priority === "long")
      .map(({ queue, destination }) => ({
        id: `${destination}-long-lane-waits`,
        metric: queue.metricApproximateAgeOfOldestMessage({ statistic: "Maximum", period: HOUR }),
        threshold: 2 * LONG_TIMEOUT_SECONDS,
        summary: `A copy for ${destination} has been in the long lane for more than twice the time limit of a build.`,
        runbookHeading: "Long lane",
      })),
  ];
}
