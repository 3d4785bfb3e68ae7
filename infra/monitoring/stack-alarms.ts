import { MathExpression } from "aws-cdk-lib/aws-cloudwatch";
import { COPY_TIMEOUT_SECONDS, LONG_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import type { AlarmsProps } from "./alarms.ts";
import { HOUR, MINUTES_15, MINUTES_5, ownMetric } from "./alarm-definition.ts";
import type { AlarmDefinition } from "./alarm-definition.ts";

/** What was given up: by the functions, by Lambda, and by EventBridge. */
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
      summary: "Copies failed for good: they will not be tried again until they are brought back.",
      runbookHeading: "Dead letters",
    },
    {
      id: "undelivered-events",
      metric: undelivered.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum", period: MINUTES_5 }),
      threshold: 0,
      summary:
        "Push events were given up: EventBridge could not hand them to Lambda, or the fan-out function failed each time.",
      runbookHeading: "Undelivered events",
    },
    {
      id: "lost-events",
      metric: fanOut.metric("DestinationDeliveryFailures", { statistic: "Sum", period: MINUTES_5 }),
      threshold: 0,
      summary: "Push events that the fan-out function could not handle were not kept either.",
      runbookHeading: "Undelivered events",
    },
  ];
}

/** The functions themselves. */
export function functionAlarms({
  functions,
  deployment: { stack },
}: Pick<AlarmsProps, "functions" | "deployment">): AlarmDefinition[] {
  const { copy, fanOut, probe, reconcile } = functions;
  const sum = { statistic: "Sum", period: MINUTES_15 };
  const errors = new MathExpression({
    // One that has no data has no errors: without FILL, the sum would have no data either.
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
      summary: "Functions ended with errors, or by their time limit, again and again.",
      runbookHeading: "Function errors",
    },
    ...(["fan-out", "copy", "probe", "reconcile"] as const).map((service) => ({
      id: `${service}-crashes`,
      metric: ownMetric(Metric.crashes, { stack, service }, "Sum", MINUTES_15),
      threshold: 0,
      summary: `The ${service} function ended with an unforeseen error.`,
      runbookHeading: "Function errors",
    })),
    {
      id: "throttles",
      metric: copy.metricThrottles(sum),
      threshold: 10,
      summary: "Lambda has no room for more copies.",
      runbookHeading: "Throttles",
    },
    {
      id: "copy-duration",
      metric: copy.metricDuration({ statistic: "Maximum", period: MINUTES_15 }),
      threshold: COPY_TIMEOUT_SECONDS * 900,
      summary: "A copy took more than nine tenths of the time it may take.",
      runbookHeading: "Copies near their time limit",
    },
  ];
}

/** Whether messages wait as long as they should. */
export function deferralAlarms({ deployment: { stack } }: Pick<AlarmsProps, "deployment">): AlarmDefinition[] {
  return [
    {
      id: "deferrals-failed",
      metric: ownMetric(Metric.deferralsFailed, { stack, service: "copy" }, "Sum", MINUTES_15),
      threshold: 0,
      summary: "SQS could not be told when to show a message again; it shows later than it should.",
      runbookHeading: "Deferrals",
    },
  ];
}

/** Whether a chat room can be told. */
export function notificationAlarms({
  isNotifying,
  deployment: { stack },
}: Pick<AlarmsProps, "isNotifying" | "deployment">): AlarmDefinition[] {
  if (!isNotifying) return [];
  return [
    {
      id: "notifications-failed",
      metric: ownMetric(Metric.notificationsFailed, { stack, service: "notify" }, "Sum", MINUTES_15),
      threshold: 0,
      summary: "The chat room could not be told of an alarm.",
      runbookHeading: "Notifications",
    },
  ];
}

/** What takes hours: builds that ended badly, whose work the next one takes, and requests that nothing comes of. */
export function longLaneAlarms({ project, queues }: Pick<AlarmsProps, "project" | "queues">): AlarmDefinition[] {
  if (project === undefined) return [];
  return [
    {
      id: "long-lane-failed",
      metric: project.metricFailedBuilds({ statistic: "Sum", period: MINUTES_15 }),
      threshold: 0,
      summary: "A build of the long lane failed, ran out of time, or a copy in it crashed.",
      runbookHeading: "Long lane",
    },
    ...queues
      .filter(({ priority }) => priority === "long")
      .map(({ queue, destination }) => ({
        id: `${destination}-long-lane-waits`,
        metric: queue.metricApproximateAgeOfOldestMessage({ statistic: "Maximum", period: HOUR }),
        threshold: 2 * LONG_TIMEOUT_SECONDS,
        summary: `A copy for ${destination} has been in the long lane for twice as long as a build may take.`,
        runbookHeading: "Long lane",
      })),
  ];
}
