import type { Digest } from "./digest.ts";
import type { Tag } from "./reference.ts";

/** A tag and what it names. */
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
 * Every tag of one repository; none when there is no such repository. A tag may come twice, then equal both times.
 * Registries that list manifests have those without a tag come, too; others show none of them.
 */
export type TagListing = (signal: AbortSignal) => AsyncIterable<TaggedDigest | UntaggedDigest>;
