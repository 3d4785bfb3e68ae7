/**
 * The event pattern of the rule on the default bus: successful pushes of images and referrers, and images that arrive by ECR replication
 * or through a pull-through cache (Amazon ECR user guide, "Amazon ECR events and EventBridge"). The fan-out function filters repositories
 * and tags by the configuration.
 */
export const PUSH_PATTERN = {
  source: ["aws.ecr"],
  "detail-type": ["ECR Image Action", "ECR Referrer Action", "ECR Replication Action", "ECR Pull Through Cache Action"],
  detail: {
    $or: [{ "action-type": ["PUSH", "REPLICATE"], result: ["SUCCESS"] }, { "sync-status": ["SUCCESS"] }],
  },
};

/** The same, and deletes: for a stack with a rule that mirrors them. */
export const PUSH_AND_DELETE_PATTERN = {
  ...PUSH_PATTERN,
  detail: {
    $or: [{ "action-type": ["PUSH", "REPLICATE", "DELETE"], result: ["SUCCESS"] }, { "sync-status": ["SUCCESS"] }],
  },
};
