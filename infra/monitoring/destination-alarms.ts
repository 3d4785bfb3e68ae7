import { Duration } from "aws-cdk-lib";
import { MathExpression } from "aws-cdk-lib/aws-cloudwatch";
import type { Metric as CloudWatchMetric } from "aws-cdk-lib/aws-cloudwatch";
import { LAG_GOAL } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import type { MetricName } from "../../src/contract/telemetry/metric-names.ts";
import type { AlarmsProps } from "./alarms.ts";
import { HOUR, MINUTES_15, MINUTES_5, ownMetric } from "./alarm-definition.ts";
import type { AlarmDefinition } from "./alarm-definition.ts";

/** A metric of the copy function at this destination, for one reason. */
type ByReason = (metric: MetricName, reason: string, statistic: string) => CloudWatchMetric;

/** How one destination is doing. */
export function destinationAlarms(
  destination: string,
  {
    queues,
    reconcileEveryMinutes,
    deployment: { stack },
  }: Pick<AlarmsProps, "queues" | "reconcileEveryMinutes" | "deployment">,
): AlarmDefinition[] {
  const own = (metric: MetricName, service: string, statistic: string, period: Duration): CloudWatchMetric =>
    ownMetric(metric, { stack, service, destination }, statistic, period);
  const byReason: ByReason = (metric, reason, statistic) =>
    ownMetric(metric, { stack, service: "copy", destination, reason }, statistic, MINUTES_5);
  const live = queues.filter((queue) => queue.destination === destination && queue.priority === "live");
  return [
    ...live.map(({ queue }) => ({
      id: `${destination}-oldest-message`,
      metric: queue.metricApproximateAgeOfOldestMessage({ statistic: "Maximum", period: MINUTES_5 }),
      threshold: 1_800,
      periods: 3,
      summary: `A push has been waiting for ${destination} for more than half an hour.`,
      runbookHeading: "Oldest message",
    })),
    ...waitAlarms(destination, own, byReason),
    ...lagAlarms(destination, own),
    comparisonAlarm({ stack, destination }, reconcileEveryMinutes),
    accessAlarm(destination, byReason),
    failureRateAlarm(destination, own),
    {
      id: `${destination}-circuit-open`,
      metric: own(Metric.circuitState, "probe", "Minimum", MINUTES_5),
      threshold: 1,
      summary: `${destination} has been away for five minutes; nothing is sent there until it is back.`,
      runbookHeading: "Circuit open",
    },
    {
      id: `${destination}-events-missed`,
      metric: own(Metric.eventsMissed, "reconcile", "Sum", HOUR),
      threshold: 10,
      summary: `More than ten pushes in an hour had no event; they were found by comparing with ${destination}.`,
      runbookHeading: "Events missed",
    },
  ];
}

/** Copies that all fail, and none that is replicated: then `r` has no data, and would leave the rate without any. */
function failureRateAlarm(
  destination: string,
  own: (metric: MetricName, service: string, statistic: string, period: Duration) => CloudWatchMetric,
): AlarmDefinition {
  const failed = own(Metric.failed, "copy", "Sum", MINUTES_15);
  const replicated = own(Metric.replicated, "copy", "Sum", MINUTES_15);
  return {
    id: `${destination}-failure-rate`,
    metric: new MathExpression({
      expression: "IF(FILL(f, 0) + FILL(r, 0) > 0, 100 * FILL(f, 0) / (FILL(f, 0) + FILL(r, 0)), 0)",
      label: "failed for good, %",
      period: MINUTES_15,
      usingMetrics: { f: failed, r: replicated },
    }),
    threshold: 5,
    periods: 2,
    summary: `More than one copy in twenty to ${destination} fails for good.`,
    runbookHeading: "Failure rate",
  };
}

/** How long a push may wait, in milliseconds: twice what a copy may take. */
const LONGEST_WAIT_MS = 1_800_000;

/**
 * Pushes that wait, seen by the deliveries that put them off: SQS leaves a message out of the age of its queue's oldest one once it was received three
 * times (SQS developer guide, "Available CloudWatch metrics"), and the lag is known only of what has arrived.
 */
function waitAlarms(
  destination: string,
  own: (metric: MetricName, service: string, statistic: string, period: Duration) => CloudWatchMetric,
  byReason: ByReason,
): AlarmDefinition[] {
  return [
    {
      id: `${destination}-waiting-push`,
      metric: own(Metric.deferredAge, "copy", "Maximum", MINUTES_5),
      threshold: LONGEST_WAIT_MS,
      periods: 3,
      summary: `A push has been put off again and again for ${destination}, for more than half an hour.`,
      runbookHeading: "Waiting pushes",
    },
    {
      id: `${destination}-stuck-lease`,
      metric: byReason(Metric.deferredAgeByReason, "busy", "Maximum"),
      threshold: LONGEST_WAIT_MS,
      periods: 2,
      summary: `A tag at ${destination} has been leased for longer than any copy takes.`,
      runbookHeading: "Waiting pushes",
    },
  ];
}

/** Whether this destination is still compared with the source. */
function comparisonAlarm(
  { stack, destination }: { readonly stack: string; readonly destination: string },
  everyMinutes: number,
): AlarmDefinition {
  const hours = heartbeatHours(everyMinutes);
  return {
    id: `${destination}-reconcile-heartbeat`,
    metric: ownMetric(Metric.reconciliations, { stack, service: "reconcile", destination }, "Sum", HOUR),
    threshold: 1,
    isHeartbeat: true,
    periods: hours,
    summary: `The source and ${destination} have not been compared for ${hours} hours: a push whose event is lost now stays lost.`,
    runbookHeading: "No comparison",
  };
}

/** Two comparisons in a row must be missing, and two hours at least: one may take a while. An alarm looks back for a week at most. */
function heartbeatHours(everyMinutes: number): number {
  return Math.min(Math.max(Math.ceil((2 * everyMinutes) / 60), 2), 168);
}

/** A permission or a login is missing: what is deferred for it waits for people. */
function accessAlarm(destination: string, byReason: ByReason): AlarmDefinition {
  const refused = (reason: "login-refused" | "access-denied"): CloudWatchMetric =>
    byReason(Metric.deferredByReason, reason, "Sum");
  return {
    id: `${destination}-access`,
    metric: new MathExpression({
      expression: "FILL(l, 0) + FILL(d, 0)",
      label: "copies refused",
      period: MINUTES_5,
      usingMetrics: { l: refused("login-refused"), d: refused("access-denied") },
    }),
    threshold: 0,
    summary: `${destination}, or the source, refuses the functions' login or a permission; copies wait until it is given.`,
    runbookHeading: "Access refused",
  };
}

/**
 * The goal for the lag, by how fast its budget burns (Google SRE workbook, "Alerting on SLOs"): over an hour fast enough to
 * spend a month's budget in two days, and still so over the last five minutes' worth of data.
 */
function lagAlarms(
  destination: string,
  own: (metric: MetricName, service: string, statistic: string, period: Duration) => CloudWatchMetric,
): AlarmDefinition[] {
  const { percent, withinMs } = LAG_GOAL;
  const burn = (period: Duration): MathExpression =>
    new MathExpression({
      expression: `(100 - within) / ${100 - percent}`,
      label: "budget burnt, times what is sustainable",
      period,
      usingMetrics: { within: own(Metric.replicationLag, "copy", `PR(:${withinMs})`, period) },
    });
  const goal = `${percent} % of pushes within ${withinMs / 60_000} minutes`;
  return [
    {
      id: `${destination}-lag-fast-burn`,
      metric: burn(HOUR),
      threshold: 14.4,
      summary: `Pushes arrive late at ${destination}: the goal (${goal}) is missed so badly that a month's allowance is gone in two days.`,
      runbookHeading: "Lag",
    },
    {
      id: `${destination}-lag-slow-burn`,
      metric: burn(Duration.hours(6)),
      threshold: 6,
      summary: `Pushes arrive late at ${destination}: the goal (${goal}) is missed for hours.`,
      runbookHeading: "Lag",
    },
  ];
}
