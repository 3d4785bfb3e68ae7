import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import type { TagListing } from "../../oci/tag-listing.ts";

/** A manifest that is looked up by its digest. */
export interface ContentWithoutTag {
  readonly digest: Digest;
  /** The manifest that it is attached to: the registry must list it there, too. Absent: only the manifest itself counts. */
  readonly subject?: Digest | undefined;
}

/** What a comparison reads from targets. */
export interface TargetInventory {
  /** Lists the tags of a repository. At Google, the listing is complete where the registry's own is not. */
  readonly listing: (destination: string, repository: RepositoryName) => TagListing;
  /** True when a repository has the manifest; one HEAD request, and one or two more for what is attached. */
  readonly hasManifest: (
    destination: string,
    repository: RepositoryName,
    content: ContentWithoutTag,
    signal: AbortSignal,
  ) => Promise<boolean>;
}
