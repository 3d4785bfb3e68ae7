import { Metric } from "./metric-names.ts";
import type { MetricName } from "./metric-names.ts";
import type { MetricUnit } from "./metric-units.ts";

/** Unit, dimensions and meaning of a metric. */
export interface MetricDescription {
  /** As `metric-units.ts` has it. */
  readonly unit: MetricUnit;
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
  [Metric.unchanged]: counted("requests whose tag was already equal", "destination"),
  [Metric.superseded]: counted("requests whose tag the request of a newer push had already copied", "destination"),
  [Metric.skipped]: counted(
    "requests with nothing to copy: deleted at the source, schema 1, no rule, a conflict",
    "destination",
  ),
  [Metric.conflicts]: counted(
    "requests whose tag named another image at the destination, which Freightliner had not put there, by what was done",
    "destination",
    "reason",
  ),
  [Metric.quarantined]: counted("requests whose image its rule's gate keeps at the source", "destination"),
  [Metric.deferred]: counted("deliveries that were deferred", "destination"),
  [Metric.failed]: counted("requests that cannot succeed without a change: they become dead letters", "destination"),
  [Metric.deferredByReason]: counted("the same as TagsDeferred, by reason", "destination", "reason"),
  [Metric.deferredAge]: {
    unit: "Milliseconds",
    dimensions: ["destination"],
    meaning: "age of the push, each time a delivery from a live queue is deferred",
  },
  [Metric.deferredAgeByReason]: {
    unit: "Milliseconds",
    dimensions: ["destination", "reason"],
    meaning: "the same as DeferredAge, by reason",
  },
  [Metric.failedByClass]: counted("the same as TagsFailed, by what has to change first", "destination", "reason"),
  [Metric.blobsUploaded]: counted("blobs sent to the destination", "destination"),
  [Metric.blobsMounted]: counted("blobs that the destination mounted from another of its repositories", "destination"),
  [Metric.blobsPresent]: counted("blobs that the destination already had", "destination"),
  [Metric.bytesUploaded]: { unit: "Bytes", dimensions: ["destination"], meaning: "bytes written to the destination" },
  [Metric.bytesPreCopied]: {
    unit: "Bytes",
    dimensions: ["destination"],
    meaning: "bytes of blobs that pre-copies brought to the destination, before a tag named them",
  },
  [Metric.bytesPreCopiedUsed]: {
    unit: "Bytes",
    dimensions: ["destination"],
    meaning: "bytes of such blobs that a tag then needed, each counted once",
  },
  [Metric.preCopiesDropped]: counted("pre-copies that left blobs to the copy of the tag", "destination"),
  [Metric.estimatedCost]: {
    unit: "None",
    dimensions: ["destination"],
    meaning: "dollars at AWS's list prices: bytes sent from AWS to the internet, and the copy function's time",
  },
  [Metric.circuitState]: {
    unit: "None",
    dimensions: ["destination"],
    meaning: "0 closed, 1 half-open, 2 open; once a minute",
  },
  [Metric.circuitsOpened]: counted("circuits that a copy or the probe opened", "destination"),
  [Metric.circuitsClosed]: counted("circuits that a copy or the probe closed", "destination"),
  [Metric.replicationLag]: {
    unit: "Milliseconds",
    dimensions: ["destination"],
    meaning: "from the push event to the tag confirmed at the destination, of requests from a live queue",
  },
  [Metric.backfillLag]: {
    unit: "Milliseconds",
    dimensions: ["destination"],
    meaning: "the same, of requests of a comparison or of the long lane, which have a lower priority",
  },
  [Metric.copiesPending]: counted(
    "accepted pushes that have not ended at the destination; once a minute, also when nothing moves",
    "destination",
  ),
  [Metric.bytesPending]: {
    unit: "Bytes",
    dimensions: ["destination"],
    meaning: "bytes of their images at the source, each image whole; once a minute",
  },
  [Metric.oldestPending]: {
    unit: "Seconds",
    dimensions: ["destination"],
    meaning:
      "how long the oldest of them has been pending, without the time that its rule lets it wait; 0 for none; once a minute",
  },
  [Metric.onTime]: counted("accepted pushes that arrived at the destination within the goal", "destination"),
  [Metric.late]: counted(
    "accepted pushes that missed the goal, each once: by the probe when it passes, else by the copy that ends late or fails",
    "destination",
  ),
  [Metric.announced]: counted("events about pushes that the event bus took"),
  [Metric.tagsRepaired]: counted("tags that a comparison of both ends found different, and requested", "destination"),
  [Metric.eventsMissed]: counted("those of them for which a push event was missing", "destination"),
  [Metric.reconciliations]: counted(
    "finished comparisons of the whole source in which no repository of the destination was left out",
    "destination",
  ),
  [Metric.tombstones]: counted(
    "tags that are to be deleted at the destination when their grace period ends",
    "destination",
  ),
  [Metric.tagsDeleted]: counted("tags that were deleted at the destination", "destination"),
  [Metric.deletesHeldBack]: counted(
    "tags that were to be deleted and stay: their source is empty or deleted, the day's share is used up, or the destination refuses",
    "destination",
  ),
  [Metric.jobsFailed]: counted("runs of jobs that did not succeed; a run that was cancelled does not count"),
  [Metric.apiRequestsFailed]: counted("requests to the HTTP API that it answered with 5xx"),
  [Metric.canaryAge]: {
    unit: "Seconds",
    dimensions: ["destination"],
    meaning: "since the push of the newest canary that has arrived at the destination by its event; once a minute",
  },
  [Metric.crashes]: counted(
    "invocations that ended with an unexpected error; an outage of a service and an alarm that the webhook refused do not count",
  ),
  [Metric.invocationDuration]: {
    unit: "Milliseconds",
    dimensions: ["reason"],
    meaning: "how long an invocation took, by how it ended: succeeded, unavailable, refused or crashed",
  },
  [Metric.deferralsFailed]: counted(
    "messages that could not be deferred: they appear again when their visibility timeout ends",
  ),
  [Metric.notificationsSent]: counted("notifications that a channel took, each digest once"),
  [Metric.notificationsFailed]: counted("notifications that a channel did not take, from the third try on"),
  [Metric.configurationRefused]: counted(
    "polls of a container while the external document is one that it refused; it uses the last good configuration",
  ),
  [Metric.configurationUnavailable]: counted(
    "polls of the external document that failed; the container uses the last good configuration",
  ),
};
