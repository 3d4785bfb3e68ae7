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
  /** Milliseconds from the push event to the tag read back at the target. */
  replicationLag: "ReplicationLag",
} as const;
export type MetricName = (typeof Metric)[keyof typeof Metric];
