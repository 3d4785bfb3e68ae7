import type { Digest } from "../../oci/digest.ts";
import type { NewestTags } from "./newest-tags.ts";
import type { RepositoryOverrides } from "./repository-overrides.ts";

/** What is known about an image of the source. An absent fact is unknown. */
export interface ImageFacts {
  readonly repository: string;
  /** A tag, or the digest of content without one. */
  readonly reference: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** When the image was pushed, epoch milliseconds; 0 when the source does not say: then it counts as old. */
  readonly pushedAt?: number | undefined;
  /** See `artifactTypeOf`. */
  readonly artifactType?: string | undefined;
  /** The subject of its manifest. */
  readonly subject?: Digest | "none" | undefined;
  /** The newest tags of its repository, for each rule that copies only these. */
  readonly newest?: NewestTags | undefined;
  /** What the tags of its repository say, where these are obeyed. */
  readonly overrides?: RepositoryOverrides | undefined;
}

/** A fact that only the source can supply. */
export type Fact = keyof Omit<ImageFacts, "repository" | "reference" | "now" | "overrides">;
