import type { Digest } from "./digest.ts";
import type { Tag } from "./reference.ts";

/** A tag and the digest that it names. */
export interface TaggedDigest {
  readonly tag: Tag;
  readonly digest: Digest;
}

/** A manifest without a tag. */
export interface UntaggedDigest {
  readonly tag?: undefined;
  readonly digest: Digest;
}

/**
 * All tags of one repository; none when there is no such repository. A tag may be yielded twice, with the same digest. Untagged
 * manifests are yielded only by registries that list manifests.
 */
export type TagListing = (signal: AbortSignal) => AsyncIterable<TaggedDigest | UntaggedDigest>;
