import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import type { TagListing } from "../../oci/tag-listing.ts";

/** What a comparison asks of destinations. */
export interface TargetInventory {
  /** Lists the tags of a repository: as the registry does, and at Google past what its listing holds. */
  readonly listing: (destination: string, repository: RepositoryName) => TagListing;
  /** Does a repository have a manifest? One HEAD. */
  readonly hasManifest: (
    destination: string,
    repository: RepositoryName,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<boolean>;
}
