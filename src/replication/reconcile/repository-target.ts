import type { RepositoryName } from "../../oci/reference.ts";
import type { TagListing } from "../../oci/tag-listing.ts";
import type { Backfill } from "../backfill/backfill.ts";
import type { ConflictPolicy } from "../conflict/conflict-policy.ts";
import type { Decision } from "../rules/decision.ts";
import type { ReplicationRule } from "../rules/rule.ts";
import type { SourceImage } from "./source-catalog.ts";
import type { ContentWithoutTag } from "./target-inventory.ts";

/** One source repository, and one target repository that it is copied to. */
export interface RepositoryTarget {
  readonly repository: RepositoryName;
  readonly destination: string;
  /** The repository at the target. */
  readonly to: RepositoryName;
  /** True for the rules that copy to it. */
  readonly isFor: (rule: ReplicationRule) => boolean;
  /** Prefix of the keys of its tag records, as in `CopyContext`. */
  readonly scope: string;
  readonly target: TagListing;
  /** Keep the listings: some rule deletes tags at the target. */
  readonly keepsListings: boolean;
  /** What the rules select for the target among all images of the repository. */
  readonly select: (images: readonly SourceImage[]) => Selection;
  readonly backfill: Pick<Backfill, "since" | "admit" | "note">;
  /** True when the target has the manifest, and lists it as attached to its subject, if that is given. */
  readonly hasManifest: (content: ContentWithoutTag, signal: AbortSignal) => Promise<boolean>;
}

export interface Selection {
  /** What the rules say about an image, as far as the listing tells. */
  readonly decide: (image: SourceImage) => Decision;
  /** True when the rules select this image, or may do so: the copy knows more. */
  readonly wants: (image: SourceImage) => boolean;
  /** True when a request for this image would be executed for this target if it is attached to another one. */
  readonly attaches: (image: SourceImage) => boolean;
  /** The platforms that a rule which selects, or may select, this image chooses (see `formatFilter`); empty: all. */
  readonly platformsOf: (image: SourceImage) => readonly string[];
  /** What these rules say about conflicts. */
  readonly conflictPolicies: (image: SourceImage) => readonly ConflictPolicy[];
}
