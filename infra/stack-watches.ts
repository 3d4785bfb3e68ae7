import { MathExpression } from "aws-cdk-lib/aws-cloudwatch";
import { COPY_TIMEOUT_SECONDS } from "../src/contract/limits.ts";
import { Metric } from "../src/contract/metric-names.ts";
import type { AlarmsProps } from "./alarms.ts";
import { HOUR, MINUTES_15, MINUTES_5, ownMetric } from "./watch.ts";
import type { Watch } from "./watch.ts";

/** What was given up: by the functions, by Lambda, and by EventBridge. */
export function watchLosses({
  deadLetters,
  undelivered,
  functions: { fanOut },
}: Pick<AlarmsProps, "deadLetters" | "undelivered" | "functions">): Watch[] {
  return [
    {
      id: "dead-letters",
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum", period: MINUTES_5 }),
      above: 0,
      says: "Copies failed for good: they will not be tried again until somebody brings them back.",
      heading: "Dead letters",
    },
    {
      id: "undelivered-events",
      metric: undelivered.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum", period: MINUTES_5 }),
      above: 0,
      says: "Push events were given up: EventBridge could not hand them to Lambda, or the fan-out function failed each time.",
      heading: "Undelivered events",
    },
    {
      id: "lost-events",
      metric: fanOut.metric("DestinationDeliveryFailures", { statistic: "Sum", period: MINUTES_5 }),
      above: 0,
      says: "Push events that the fan-out function could not handle were not kept either.",
      heading: "Undelivered events",
    },
  ];
}

/** The functions themselves. */
export function watchFunctions({ functions }: Pick<AlarmsProps, "functions">): Watch[] {
  const { copy, fanOut, probe, reconcile } = functions;
  const sum = { statistic: "Sum", period: MINUTES_15 };
  const errors = new MathExpression({
    expression: "a + b + c + d",
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
      above: 3,
      says: "Functions ended with errors nobody had foreseen.",
      heading: "Function errors",
    },
    {
      id: "throttles",
      metric: copy.metricThrottles(sum),
      above: 10,
      says: "Lambda has no room for more copies.",
      heading: "Throttles",
    },
    {
      id: "copy-duration",
      metric: copy.metricDuration({ statistic: "Maximum", period: MINUTES_15 }),
      above: COPY_TIMEOUT_SECONDS * 900,
      says: "A copy took more than nine tenths of the time it may take.",
      heading: "Copies near their time limit",
    },
  ];
}

/** Whether both ends are still compared. */
export function watchComparisons({ reconcileEveryMinutes }: Pick<AlarmsProps, "reconcileEveryMinutes">): Watch[] {
  const hours = heartbeatHours(reconcileEveryMinutes);
  return [
    {
      id: "reconcile-heartbeat",
      metric: ownMetric(Metric.reconciliations, { service: "reconcile" }, "Sum", HOUR),
      above: 1,
      isHeartbeat: true,
      periods: hours,
      says: `Source and destinations have not been compared for ${hours} hours: a push whose event is lost now stays lost.`,
      heading: "No comparison",
    },
  ];
}

/** Two comparisons in a row must be missing, and two hours at least: one may take a while. An alarm looks back for a week at most. */
function heartbeatHours(everyMinutes: number): number {
  return Math.min(Math.max(Math.ceil((2 * everyMinutes) / 60), 2), 168);
}
