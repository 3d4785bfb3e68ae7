/** A manifest that the source registry has accepted. */
export interface StoredManifest {
  readonly repository: string;
  readonly digest: string;
  readonly mediaType: string;
  /** Type of the config, or the artifact type. */
  readonly artifactMediaType?: string | undefined;
  /** Absent when it was put by digest. */
  readonly tag?: string | undefined;
  /** Digest of the manifest that it is attached to. */
  readonly subject?: string | undefined;
}

/** An event as EventBridge carries it. */
export interface BusEvent {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, string>>;
}

/** Where and when an event is created. */
export interface EventOrigin {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly at: Date;
}

/**
 * The event that ECR sends for a manifest put (ECR user guide, "Amazon ECR events and EventBridge"): an empty image-tag
 * for a put by digest, whole seconds, no resources. A manifest with a subject is a referrer.
 */
export function ecrPushEvent(manifest: StoredManifest, { id, account, region, at }: EventOrigin): BusEvent {
  const isReferrer = manifest.subject !== undefined && manifest.tag === undefined;
  return {
    version: "0",
    id,
    "detail-type": isReferrer ? "ECR Referrer Action" : "ECR Image Action",
    source: "aws.ecr",
    account,
    time: `${at.toISOString().slice(0, 19)}Z`,
    region,
    resources: [],
    detail: {
      result: "SUCCESS",
      "repository-name": manifest.repository,
      "image-digest": manifest.digest,
      "action-type": "PUSH",
      ...(manifest.artifactMediaType === undefined ? {} : { "artifact-media-type": manifest.artifactMediaType }),
      "image-tag": manifest.tag ?? "",
      "manifest-media-type": manifest.mediaType,
    },
  };
}
