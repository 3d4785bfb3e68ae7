import { Metric } from "./metric-names.ts";
import type { MetricName } from "./metric-names.ts";

/** A unit of CloudWatch. */
export type MetricUnit = "Count" | "Bytes" | "Milliseconds" | "Seconds" | "None";

const UNITS: Readonly<Partial<Record<MetricName, MetricUnit>>> = {
  [Metric.deferredAge]: "Milliseconds",
  [Metric.deferredAgeByReason]: "Milliseconds",
  [Metric.bytesUploaded]: "Bytes",
  [Metric.bytesPreCopied]: "Bytes",
  [Metric.bytesPreCopiedUsed]: "Bytes",
  [Metric.estimatedCost]: "None",
  [Metric.circuitState]: "None",
  [Metric.replicationLag]: "Milliseconds",
  [Metric.backfillLag]: "Milliseconds",
  [Metric.bytesPending]: "Bytes",
  [Metric.oldestPending]: "Seconds",
  [Metric.canaryAge]: "Seconds",
  [Metric.invocationDuration]: "Milliseconds",
};

/** The unit of a metric. The functions load it without the catalogue in `metrics.ts`, whose texts are for people. */
export function unitOf(metric: MetricName): MetricUnit {
  return UNITS[metric] ?? "Count";
}
