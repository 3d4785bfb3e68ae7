import { isDigest } from "../../../src/oci/digest.ts";
import type { Registry } from "../cloud/registry.ts";
import type { Service } from "../world.ts";
import { blobReply } from "./registry-site.ts";
import { refusal } from "./site.ts";
import type { Site } from "./site.ts";

/** The bucket of Amazon S3 that ECR redirects to: it refuses a second way to log in ("InvalidRequest"), and knows ranges. */
export function createBucketSite(service: Service, registry: Registry): Site {
  return {
    service,
    answer({ url, headers }) {
      if (headers["authorization"] !== undefined) return refusal(400, "InvalidRequest");
      const digest = url.pathname.slice(1);
      const bytes = isDigest(digest) ? registry.find(digest) : undefined;
      return bytes === undefined ? refusal(404, "NoSuchKey") : blobReply(bytes, headers["range"]);
    },
  };
}
