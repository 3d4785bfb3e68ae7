import { isCosignTag } from "../../src/oci/cosign-tags.ts";
import type { ImageSource } from "../../src/oci/image-source.ts";

/** Resolves cosign tags without a request where a listing, taken a moment ago, does not have them. */
export function withKnownTags(source: ImageSource, tags: ReadonlySet<string> | undefined): ImageSource {
  if (tags === undefined) return source;
  return {
    ...source,
    resolve: (reference, signal) =>
      isCosignTag(reference) && !tags.has(reference) ? Promise.resolve(undefined) : source.resolve(reference, signal),
  };
}
