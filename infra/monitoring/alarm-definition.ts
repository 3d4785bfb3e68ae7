import { Duration } from "aws-cdk-lib";
import { MathExpression, Metric as CloudWatchMetric } from "aws-cdk-lib/aws-cloudwatch";
import type { IMetric } from "aws-cdk-lib/aws-cloudwatch";
import { METRIC_NAMESPACE } from "../../src/contract/telemetry/metric-names.ts";
import type { MetricName } from "../../src/contract/telemetry/metric-names.ts";

/** One alarm: its metric, when it is raised, and its description. */
export interface AlarmDefinition {
  readonly id: string;
  readonly metric: IMetric;
  /** Raised when the metric is above this value. */
  readonly threshold: number;
  /** Consecutive periods that must breach the threshold; 1 by default. */
  readonly periods?: number;
  /** Raised below the threshold instead, and when data is missing. */
  readonly isHeartbeat?: boolean;
  /** Missing data counts as above the threshold. */
  readonly isMissingBreach?: boolean;
  /** What happened, in one sentence. */
  readonly summary: string;
  /** Heading in the runbook. */
  readonly runbookHeading: string;
}

export const MINUTES_5: Duration = Duration.minutes(5);
export const MINUTES_15: Duration = Duration.minutes(15);
export const HOUR: Duration = Duration.hours(1);

/** True for a metric that the functions emit, or an expression with one. */
export function isOwnMetric(metric: IMetric): boolean {
  if (metric instanceof MathExpression) return Object.values(metric.usingMetrics).some(isOwnMetric);
  return metric instanceof CloudWatchMetric && metric.namespace === METRIC_NAMESPACE;
}

/** A metric of one function of one stack, with destination and reason where it has them. */
export function ownMetric(
  metricName: MetricName,
  dimensionsMap: {
    readonly stack: string;
    readonly service: string;
    readonly destination?: string;
    readonly reason?: string;
  },
  statistic: string,
  period: Duration,
): CloudWatchMetric {
  return new CloudWatchMetric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { ...dimensionsMap },
    statistic,
    period,
  });
}
