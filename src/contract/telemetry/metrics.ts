import { Metric } from "./metric-names.ts";
import type { MetricName } from "./metric-names.ts";

/** Unit, dimensions and meaning of a metric. */
export interface MetricDescription {
  /** A unit of CloudWatch. */
  readonly unit: "Count" | "Bytes" | "Milliseconds" | "None";
  /** In addition to `stack` and `service` (the function that emits it). Each has few values: destinations, reasons, classes. */
  readonly dimensions: readonly ("destination" | "reason")[];
  readonly meaning: string;
}

const counted = (meaning: string, ...dimensions: MetricDescription["dimensions"]): MetricDescription => ({
  unit: "Count",
  dimensions,
  meaning,
});

/** The catalogue of all emitted metrics. */
export const METRICS: Readonly<Record<MetricName, MetricDescription>> = {
  [Metric.requested]: counted("copy requests put on a queue for a push", "destination"),
  [Metric.ignored]: counted("events that ask for no copy: no tag, no rule, another action"),
  [Metric.malformed]: counted("events outside the schema of ECR's events"),
  [Metric.replicated]: counted("tags brought to the destination and confirmed there", "destination"),
  [Metric.unchanged]: counted("requests whose tag was equal already", "destination"),
  [Metric.superseded]: counted("requests whose tag was equal already, because of a newer push", "destination"),
  [Metric.skipped]: counted(
    "requests for which there is nothing to copy: gone from the source, schema 1, no rule",
    "destination",
  ),
  [Metric.deferred]: counted("deliveries that have to wait", "destination"),
  [Metric.failed]: counted("requests that can never succeed as they are: they go to the dead letters", "destination"),
  [Metric.deferredByReason]: counted("the same as TagsDeferred, by reason", "destination", "reason"),
  [Metric.deferredAge]: {
    unit: "Milliseconds",
    dimensions: ["destination"],
    meaning: "how long ago the push was, each time a delivery from a live queue is put off",
  },
  [Metric.deferredAgeByReason]: {
    unit: "Milliseconds",
    dimensions: ["destination", "reason"],
    meaning: "the same as DeferredAge, by reason",
  },
  [Metric.failedByClass]: counted("the same as TagsFailed, by what has to change first", "destination", "reason"),
  [Metric.blobsUploaded]: counted("blobs sent to the destination", "destination"),
  [Metric.blobsMounted]: counted("blobs the destination took from another of its repositories", "destination"),
  [Metric.blobsPresent]: counted("blobs that were there already", "destination"),
  [Metric.bytesUploaded]: { unit: "Bytes", dimensions: ["destination"], meaning: "bytes written to the destination" },
  [Metric.estimatedCost]: {
    unit: "None",
    dimensions: ["destination"],
    meaning: "dollars at AWS's list prices: the bytes that left AWS for the internet, and the copy function's time",
  },
  [Metric.circuitState]: {
    unit: "None",
    dimensions: ["destination"],
    meaning: "0 closed, 1 half-open, 2 open: whether the destination is asked at all; once a minute",
  },
  [Metric.circuitsOpened]: counted("circuits that a copy, or the probe, opened", "destination"),
  [Metric.circuitsClosed]: counted("circuits that a copy, or the probe, closed again", "destination"),
  [Metric.replicationLag]: {
    unit: "Milliseconds",
    dimensions: ["destination"],
    meaning: "from the push event to the tag confirmed at the destination, of requests from a live queue",
  },
  [Metric.backfillLag]: {
    unit: "Milliseconds",
    dimensions: ["destination"],
    meaning: "the same, of requests that a comparison made or that went to the long lane: they are in no hurry",
  },
  [Metric.tagsRepaired]: counted("tags that a comparison of both ends found different, and asked for", "destination"),
  [Metric.eventsMissed]: counted("those of them that a push event should have asked for, and none did", "destination"),
  [Metric.reconciliations]: counted(
    "comparisons with the whole source that were finished, and in which nothing of the destination was left out",
    "destination",
  ),
  [Metric.crashes]: counted(
    "invocations that ended with an unforeseen error; an outage of what they need is none, nor an alarm that the webhook did not take",
  ),
  [Metric.deferralsFailed]: counted("messages whose wait could not be set: they show again when their visibility ends"),
  [Metric.notificationsFailed]: counted("times the webhook did not take an alarm, after three tries"),
};
