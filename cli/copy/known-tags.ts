import { isCosignTag } from "../../src/oci/cosign-tags.ts";
import type { ImageSource } from "../../src/oci/image-source.ts";

/** Sends no request for cosign and referrers tags that a listing, taken a moment ago, does not have. */
export function withKnownTags(source: ImageSource, tags: ReadonlySet<string> | undefined): ImageSource {
  if (tags === undefined) return source;
  return {
    ...source,
    resolve: (reference, signal) =>
      isCosignTag(reference) && !tags.has(reference) ? Promise.resolve(undefined) : source.resolve(reference, signal),
    listReferrers: (subject, signal) => source.listReferrers(subject, signal, tags),
  };
}
