/**
 * Which events the rule takes from the default bus: successful pushes of images and of what is attached to them, and what ECR itself brings
 * to the registry, by replication or through a pull-through cache (Amazon ECR user guide, "Amazon ECR events and EventBridge"). Which repositories and tags is a matter of the configuration, decided by the fan-out function.
 */
export const PUSH_PATTERN = {
  source: ["aws.ecr"],
  "detail-type": ["ECR Image Action", "ECR Referrer Action", "ECR Replication Action", "ECR Pull Through Cache Action"],
  detail: {
    $or: [{ "action-type": ["PUSH", "REPLICATE"], result: ["SUCCESS"] }, { "sync-status": ["SUCCESS"] }],
  },
};
