/** The CloudWatch namespace of every metric the functions emit. */
export const METRIC_NAMESPACE = "Freightliner";

/** Every metric the functions emit, with its unit and what it counts. Dimensions: `service`, and `destination` where given. */
export const Metric = {
  /** Copy requests that the fan-out function put on a queue. */
  requested: "CopiesRequested",
  /** Events that ask for no copy (no tag, no rule, another action). */
  ignored: "EventsIgnored",
  /** Events outside the schema of ECR's events. */
  malformed: "EventsMalformed",
  /** Copies by how they ended: one of these per delivery. */
  replicated: "TagsReplicated",
  unchanged: "TagsUnchanged",
  superseded: "TagsSuperseded",
  skipped: "TagsSkipped",
  deferred: "TagsDeferred",
  failed: "TagsFailed",
  /** Blobs by how they came to the target. */
  blobsUploaded: "BlobsUploaded",
  blobsMounted: "BlobsMounted",
  blobsPresent: "BlobsPresent",
  /** Bytes written to the target. */
  bytesUploaded: "BytesUploaded",
  /** Circuits that a copy opened, and closed again: a destination that fails is left alone for a while. */
  circuitsOpened: "CircuitsOpened",
  circuitsClosed: "CircuitsClosed",
  /** Milliseconds from the push event to the tag read back at the target. */
  replicationLag: "ReplicationLag",
  /** Tags that a comparison of both sides found different, and asked for. */
  tagsRepaired: "TagsRepaired",
  /** Those of them that a push event should have asked for, and none did. */
  eventsMissed: "EventsMissed",
  /** Comparisons of a whole source that were finished. */
  reconciliations: "ReconciliationsFinished",
  /** Invocations that ended with an error nobody had foreseen. */
  crashes: "FunctionCrashes",
} as const;
export type MetricName = (typeof Metric)[keyof typeof Metric];
