import { Duration } from "aws-cdk-lib";
import { MathExpression } from "aws-cdk-lib/aws-cloudwatch";
import type { Metric as CloudWatchMetric } from "aws-cdk-lib/aws-cloudwatch";
import { LAG_GOAL } from "../src/contract/limits.ts";
import { Metric } from "../src/contract/metric-names.ts";
import type { MetricName } from "../src/contract/metric-names.ts";
import type { AlarmsProps } from "./alarms.ts";
import { HOUR, MINUTES_15, MINUTES_5, ownMetric } from "./watch.ts";
import type { Watch } from "./watch.ts";

/** How one destination is doing. */
export function watchDestination(destination: string, { queues }: Pick<AlarmsProps, "queues">): Watch[] {
  const own = (metric: MetricName, service: string, statistic: string, period: Duration): CloudWatchMetric =>
    ownMetric(metric, { service, destination }, statistic, period);
  const failed = own(Metric.failed, "copy", "Sum", MINUTES_15);
  const replicated = own(Metric.replicated, "copy", "Sum", MINUTES_15);
  const live = queues.filter((queue) => queue.destination === destination && queue.priority === "live");
  return [
    ...live.map(({ queue }) => ({
      id: `${destination}-oldest-message`,
      metric: queue.metricApproximateAgeOfOldestMessage({ statistic: "Maximum", period: MINUTES_5 }),
      above: 1_800,
      periods: 3,
      says: `A push has been waiting for ${destination} for more than half an hour.`,
      heading: "Oldest message",
    })),
    ...lagWatches(destination, own),
    {
      id: `${destination}-failure-rate`,
      metric: new MathExpression({
        expression: "IF(f + r > 0, 100 * f / (f + r), 0)",
        label: "failed for good, %",
        period: MINUTES_15,
        usingMetrics: { f: failed, r: replicated },
      }),
      above: 5,
      periods: 2,
      says: `More than one copy in twenty to ${destination} fails for good.`,
      heading: "Failure rate",
    },
    {
      id: `${destination}-circuit-open`,
      metric: own(Metric.circuitState, "probe", "Minimum", MINUTES_5),
      above: 1,
      says: `${destination} has been away for five minutes; nothing is sent there until it is back.`,
      heading: "Circuit open",
    },
    {
      id: `${destination}-events-missed`,
      metric: own(Metric.eventsMissed, "reconcile", "Sum", HOUR),
      above: 10,
      says: `More than ten pushes in an hour had no event; they were found by comparing with ${destination}.`,
      heading: "Events missed",
    },
  ];
}

/**
 * The goal for the lag, by how fast its budget burns (Google SRE workbook, "Alerting on SLOs"): over an hour fast enough to
 * spend a month's budget in two days, and still so over the last five minutes' worth of data.
 */
function lagWatches(
  destination: string,
  own: (metric: MetricName, service: string, statistic: string, period: Duration) => CloudWatchMetric,
): Watch[] {
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
      above: 14.4,
      says: `Pushes arrive late at ${destination}: the goal (${goal}) is missed so badly that a month's allowance is gone in two days.`,
      heading: "Lag",
    },
    {
      id: `${destination}-lag-slow-burn`,
      metric: burn(Duration.hours(6)),
      above: 6,
      says: `Pushes arrive late at ${destination}: the goal (${goal}) is missed for hours.`,
      heading: "Lag",
    },
  ];
}
