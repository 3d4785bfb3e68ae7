import { Duration } from "aws-cdk-lib";
import { MathExpression } from "aws-cdk-lib/aws-cloudwatch";
import type { Metric as CloudWatchMetric } from "aws-cdk-lib/aws-cloudwatch";
import { comparisonHeartbeatHours, LAG_GOAL } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import type { MetricName } from "../../src/contract/telemetry/metric-names.ts";
import type { AlarmsProps } from "./alarms-props.ts";
import { HOUR, MINUTES_15, MINUTES_5, ownMetric } from "./alarm-definition.ts";
import type { AlarmDefinition } from "./alarm-definition.ts";

/** A metric of one function for one destination. */
type DestinationMetric = (metric: MetricName, service: string, statistic: string, period: Duration) => CloudWatchMetric;

/** A metric of the copy function for one destination and one reason. */
type ByReason = (metric: MetricName, reason: string, statistic: string) => CloudWatchMetric;

/** All alarms of one destination. */
export function destinationAlarms(
  destination: string,
  {
    queues,
    reconcileEveryMinutes,
    longestHoldMs,
    deployment: { stack },
  }: Pick<AlarmsProps, "queues" | "reconcileEveryMinutes" | "longestHoldMs" | "deployment">,
): AlarmDefinition[] {
  const own: DestinationMetric = (metric, service, statistic, period) =>
    ownMetric(metric, { stack, service, destination }, statistic, period);
  const byReason: ByReason = (metric, reason, statistic) =>
    ownMetric(metric, { stack, service: "copy", destination, reason }, statistic, MINUTES_5);
  const live = queues.filter((queue) => queue.destination === destination && queue.priority === "live");
  return [
    ...live.map(({ queue }) => ({
      id: `${destination}-oldest-message`,
      metric: queue.metricApproximateAgeOfOldestMessage({ statistic: "Maximum", period: MINUTES_5 }),
      // A message of an image that its rule holds back stays in the queue.
      threshold: 1_800 + longestHoldMs(destination) / 1_000,
      periods: 3,
      summary: `A push to ${destination} has been waiting for more than half an hour longer than its rule asks for.`,
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
      summary: `${destination} has been unavailable for five minutes; copies to it are paused until it recovers.`,
      runbookHeading: "Circuit open",
    },
    {
      id: `${destination}-events-missed`,
      metric: own(Metric.eventsMissed, "reconcile", "Sum", HOUR),
      threshold: 10,
      summary: `More than ten pushes in an hour had no event; the comparison with ${destination} found them.`,
      runbookHeading: "Events missed",
    },
    deletesAlarm(destination, own),
  ];
}

/** Deletions that an operator should look at. */
function deletesAlarm(destination: string, own: DestinationMetric): AlarmDefinition {
  return {
    id: `${destination}-deletes-held-back`,
    metric: own(Metric.deletesHeldBack, "reconcile", "Sum", HOUR),
    threshold: 0,
    summary: `Tags that a rule would delete at ${destination} stay: their source is empty or deleted, they are too many, or the destination refuses.`,
    runbookHeading: "Deletes held back",
  };
}

/** FILL counts missing data as 0: when all copies fail, `r` has no data, and without FILL the rate would have none either. */
function failureRateAlarm(destination: string, own: DestinationMetric): AlarmDefinition {
  const failed = own(Metric.failed, "copy", "Sum", MINUTES_15);
  const replicated = own(Metric.replicated, "copy", "Sum", MINUTES_15);
  return {
    id: `${destination}-failure-rate`,
    metric: new MathExpression({
      expression: "IF(FILL(f, 0) + FILL(r, 0) > 0, 100 * FILL(f, 0) / (FILL(f, 0) + FILL(r, 0)), 0)",
      label: "failed permanently, %",
      period: MINUTES_15,
      usingMetrics: { f: failed, r: replicated },
    }),
    threshold: 5,
    periods: 2,
    summary: `More than 5 % of the copies to ${destination} fail permanently.`,
    runbookHeading: "Failure rate",
  };
}

/** How long a push may wait, in milliseconds: twice what a copy may take. */
const LONGEST_WAIT_MS = 1_800_000;

/**
 * Alarms for waiting pushes, by the age of deferred deliveries: SQS ignores a message that was received three times in the age of the
 * oldest message (SQS developer guide, "Available CloudWatch metrics"), and the lag covers only pushes that have arrived.
 */
function waitAlarms(destination: string, own: DestinationMetric, byReason: ByReason): AlarmDefinition[] {
  return [
    {
      id: `${destination}-waiting-push`,
      metric: own(Metric.deferredAge, "copy", "Maximum", MINUTES_5),
      threshold: LONGEST_WAIT_MS,
      periods: 3,
      summary: `A push to ${destination} has been deferred repeatedly for more than half an hour.`,
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

/** Heartbeat of the comparison of this destination with the source. */
function comparisonAlarm(
  { stack, destination }: { readonly stack: string; readonly destination: string },
  everyMinutes: number,
): AlarmDefinition {
  const hours = comparisonHeartbeatHours(everyMinutes);
  return {
    id: `${destination}-reconcile-heartbeat`,
    metric: ownMetric(Metric.reconciliations, { stack, service: "reconcile", destination }, "Sum", HOUR),
    threshold: 1,
    isHeartbeat: true,
    periods: hours,
    summary: `The source and ${destination} have not been compared for ${hours} hours: a push whose event is lost is not replicated.`,
    runbookHeading: "No comparison",
  };
}

/** Alarm for a missing permission or login: deferred copies wait until people fix it. */
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
    summary: `${destination} or the source refuses the login of the functions or denies a permission; copies wait until this is fixed.`,
    runbookHeading: "Access refused",
  };
}

/**
 * Alarms by the burn rate of the error budget. The probe counts what is late when it becomes so: the alarms see pushes that never arrive. The
 * rates are those of the Google SRE workbook ("Alerting on SLOs"): a rate of 14.4 over an hour spends the budget
 * of a month in two days, a rate of 6 over six hours in five days.
 */
function lagAlarms(destination: string, own: DestinationMetric): AlarmDefinition[] {
  const { percent, withinMs } = LAG_GOAL;
  const budget = Number((100 - percent).toFixed(3));
  const late = "(FILL(c, 0) + FILL(p, 0))";
  const burn = (period: Duration): MathExpression =>
    new MathExpression({
      expression: `IF(${late} > 0, 100 * ${late} / (${late} + FILL(o, 0)) / ${budget}, 0)`,
      label: "burn rate of the error budget",
      period,
      usingMetrics: {
        c: own(Metric.late, "copy", "Sum", period),
        p: own(Metric.late, "probe", "Sum", period),
        o: own(Metric.onTime, "copy", "Sum", period),
      },
    });
  const goal = `${percent} % of pushes within ${withinMs / 60_000} minutes`;
  return [
    {
      id: `${destination}-lag-fast-burn`,
      metric: burn(HOUR),
      threshold: 14.4,
      summary: `Pushes arrive late at ${destination}: the objective (${goal}) is missed so often that the error budget of a month is exhausted in two days.`,
      runbookHeading: "Lag",
    },
    {
      id: `${destination}-lag-slow-burn`,
      metric: burn(Duration.hours(6)),
      threshold: 6,
      summary: `Pushes arrive late at ${destination}: the objective (${goal}) has been missed for hours.`,
      runbookHeading: "Lag",
    },
  ];
}
