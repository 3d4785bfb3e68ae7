import { Duration } from "aws-cdk-lib";
import { CANARY_ALARM_MINUTES, canaryLimitSeconds } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { destinationsOf } from "../storage/copy-queues.ts";
import { MINUTES_15, ownMetric } from "./alarm-definition.ts";
import type { AlarmDefinition } from "./alarm-definition.ts";
import type { AlarmsProps } from "./alarms-props.ts";

/**
 * Alarms for canaries that do not arrive, within two intervals of the last one that did. A canary function that does not run emits
 * nothing, which counts as a breach.
 */
export function canaryAlarms({
  queues,
  canary,
  canaryIntervalMinutes,
  deployment: { stack },
}: Pick<AlarmsProps, "queues" | "canary" | "canaryIntervalMinutes" | "deployment">): AlarmDefinition[] {
  if (canary === undefined || canaryIntervalMinutes === undefined) return [];
  return [
    {
      id: "canary-crashes",
      metric: ownMetric(Metric.crashes, { stack, service: "canary" }, "Sum", MINUTES_15),
      threshold: 0,
      summary: "The canary function failed with an unexpected error.",
      runbookHeading: "Function errors",
    },
    ...destinationsOf(queues).map((destination) => ({
      id: `${destination}-canary`,
      metric: ownMetric(Metric.canaryAge, { stack, service: "canary", destination }, "Maximum", Duration.minutes(1)),
      threshold: canaryLimitSeconds(canaryIntervalMinutes),
      periods: CANARY_ALARM_MINUTES,
      isMissingBreach: true,
      summary: `No canary has arrived at ${destination} by its event for almost two intervals: a push to the source may not arrive either.`,
      runbookHeading: "Canary",
    })),
  ];
}
