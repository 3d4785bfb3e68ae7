/** The CloudWatch namespace of all metrics that the functions emit. */
export const METRIC_NAMESPACE = "Freightliner";

/** All metrics that the functions emit. `METRICS` in `metrics.ts` has meaning, unit and dimensions. */
export const Metric = {
  requested: "CopiesRequested",
  ignored: "EventsIgnored",
  malformed: "EventsMalformed",
  replicated: "TagsReplicated",
  unchanged: "TagsUnchanged",
  superseded: "TagsSuperseded",
  skipped: "TagsSkipped",
  deferred: "TagsDeferred",
  failed: "TagsFailed",
  deferredByReason: "TagsDeferredByReason",
  deferredAge: "DeferredAge",
  deferredAgeByReason: "DeferredAgeByReason",
  failedByClass: "TagsFailedByClass",
  blobsUploaded: "BlobsUploaded",
  blobsMounted: "BlobsMounted",
  blobsPresent: "BlobsPresent",
  bytesUploaded: "BytesUploaded",
  circuitState: "CircuitState",
  circuitsOpened: "CircuitsOpened",
  circuitsClosed: "CircuitsClosed",
  estimatedCost: "EstimatedCost",
  replicationLag: "ReplicationLag",
  backfillLag: "BackfillLag",
  tagsRepaired: "TagsRepaired",
  eventsMissed: "EventsMissed",
  reconciliations: "ReconciliationsFinished",
  crashes: "FunctionCrashes",
  deferralsFailed: "DeferralsFailed",
  notificationsFailed: "NotificationsFailed",
  configurationRefused: "ConfigurationRefused",
  configurationUnavailable: "ConfigurationUnavailable",
} as const;
export type MetricName = (typeof Metric)[keyof typeof Metric];
