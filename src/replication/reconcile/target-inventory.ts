import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import type { TagListing } from "../../oci/tag-listing.ts";

/** What a comparison reads from targets. */
export interface TargetInventory {
  /** Lists the tags of a repository. At Google, the listing is complete where the registry's own is not. */
  readonly listing: (destination: string, repository: RepositoryName) => TagListing;
  /** True when a repository has the manifest; one HEAD request. */
  readonly hasManifest: (
    destination: string,
    repository: RepositoryName,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<boolean>;
}
