import { Duration } from "aws-cdk-lib";
import { MathExpression, Metric as CloudWatchMetric } from "aws-cdk-lib/aws-cloudwatch";
import type { IMetric } from "aws-cdk-lib/aws-cloudwatch";
import { METRIC_NAMESPACE } from "../../src/contract/telemetry/metric-names.ts";
import type { MetricName } from "../../src/contract/telemetry/metric-names.ts";

/** One alarm: what it looks at, when it goes off, and what it says. */
export interface AlarmDefinition {
  readonly id: string;
  readonly metric: IMetric;
  readonly threshold: number;
  /** Periods in a row. */
  readonly periods?: number;
  /** Goes off below `above` instead, and when nothing is heard. */
  readonly isHeartbeat?: boolean;
  /** What has happened, in one sentence. */
  readonly summary: string;
  /** Heading in the runbook. */
  readonly runbookHeading: string;
}

export const MINUTES_5: Duration = Duration.minutes(5);
export const MINUTES_15: Duration = Duration.minutes(15);
export const HOUR: Duration = Duration.hours(1);

/** Does it look at what our functions emit? */
export function isOurs(metric: IMetric): boolean {
  if (metric instanceof MathExpression) return Object.values(metric.usingMetrics).some(isOurs);
  return metric instanceof CloudWatchMetric && metric.namespace === METRIC_NAMESPACE;
}

/** One of our own metrics, of one function of one stack and, where it has one, one destination. */
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
