import { isDigest } from "../../../src/oci/digest.ts";
import type { Registry } from "../cloud/registry.ts";
import type { Service } from "../world/world.ts";
import { blobReply } from "./registry-site.ts";
import { refusal } from "./site.ts";
import type { Site } from "./site.ts";

/** The Amazon S3 bucket that ECR redirects to: it serves ranges, and refuses a second authorization ("InvalidRequest"). */
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
