import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import type { TagListing } from "../../oci/tag-listing.ts";

/** One source repository, and one target repository that it is copied to. */
export interface RepositoryTarget {
  readonly repository: RepositoryName;
  readonly destination: string;
  /** Prefix of the keys of its tag records, as in `CopyContext`. */
  readonly scope: string;
  readonly target: TagListing;
  /** True when the rules select this tag, or this digest without a tag, for the target. */
  readonly wants: (reference: Tag | Digest) => boolean;
  /** True when a request for an attachment with this tag or digest would be executed for this target. */
  readonly attaches: (reference: Tag | Digest) => boolean;
  /** True when the target has the manifest. */
  readonly hasManifest: (digest: Digest, signal: AbortSignal) => Promise<boolean>;
}
