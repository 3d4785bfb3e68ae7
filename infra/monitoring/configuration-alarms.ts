import { Duration } from "aws-cdk-lib";
import { MathExpression } from "aws-cdk-lib/aws-cloudwatch";
import { CONFIGURATION_REFUSED_ALARM } from "../../src/contract/stack/names.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import type { MetricName } from "../../src/contract/telemetry/metric-names.ts";
import type { AlarmsProps } from "./alarms-props.ts";
import { MINUTES_15, ownMetric } from "./alarm-definition.ts";
import type { AlarmDefinition } from "./alarm-definition.ts";

const SERVICES = { a: "fan-out", b: "copy", c: "probe", d: "reconcile" } as const;

/** Alarms for external documents that are refused, or that cannot be polled. */
export function configurationAlarms({ deployment: { stack } }: Pick<AlarmsProps, "deployment">): AlarmDefinition[] {
  const overAll = (metric: MetricName, label: string, period: Duration): MathExpression =>
    new MathExpression({
      // Without FILL, the sum has no data as long as one function has none.
      expression: "FILL(a, 0) + FILL(b, 0) + FILL(c, 0) + FILL(d, 0)",
      label,
      period,
      usingMetrics: Object.fromEntries(
        Object.entries(SERVICES).map(([id, service]) => [id, ownMetric(metric, { stack, service }, "Sum", period)]),
      ),
    });
  return [
    {
      // AppConfig rolls a deployment back when this alarm is raised.
      id: CONFIGURATION_REFUSED_ALARM,
      metric: overAll(Metric.configurationRefused, "polls that found a refused document", Duration.minutes(1)),
      threshold: 0,
      summary: "The functions refuse the external configuration document, and use the last good configuration.",
      runbookHeading: "Configuration refused",
    },
    {
      id: "configuration-unavailable",
      metric: overAll(Metric.configurationUnavailable, "polls that failed", MINUTES_15),
      threshold: 10,
      summary: "The functions cannot poll the external configuration document, and use the last good configuration.",
      runbookHeading: "Configuration unavailable",
    },
  ];
}
