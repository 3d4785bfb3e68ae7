import type { ConflictPolicy } from "../conflict/conflict-policy.ts";
import type { PlatformFilter } from "../../oci/platform.ts";
import type { Gate } from "../gate/gate.ts";

/** A tag of the source, and when its image was pushed. */
export interface PushedTag {
  readonly tag: string;
  /** Epoch milliseconds; 0 when the source does not say. */
  readonly pushedAt: number;
}

/** The order in which a rule takes only the first tags. */
export interface LatestTags {
  readonly count: number;
  readonly by: "pushed" | "version";
  /** False for a tag that has no place in the order. */
  readonly ranks: (tag: string) => boolean;
  /** Drops tags that have no place in the order. */
  readonly newestFirst: <T extends PushedTag>(tags: readonly T[]) => T[];
  /** True when the first of two tags comes before the second in {@link newestFirst}. */
  readonly isNewer: (one: PushedTag, other: PushedTag) => boolean;
}

/** When, and how many, tags of a repository a rule deletes at the target. */
export interface DeletePolicy {
  /** How long a tombstone stands before its tag is deleted, in milliseconds. */
  readonly graceMs: number;
  /** At most this share of a repository's tags in 24 hours, but one in any case. */
  readonly maxRatioPerDay: number;
  /** Report only. */
  readonly dryRun: boolean;
}

/** Keeps only the newest tags at the target. */
export interface RetentionPolicy extends DeletePolicy {
  readonly keepLatest: number;
}

/** A rule with compiled patterns: which images are copied to its destinations, and under which name. */
export interface ReplicationRule {
  /** Unique. */
  readonly name: string;
  readonly destinations: readonly string[];
  /** True for the repositories that its patterns select. */
  readonly matchesRepository: (repository: string) => boolean;
  readonly matchesTag: (tag: string) => boolean;
  /** Select images without a tag, too. */
  readonly untagged: boolean;
  /** True for what is excluded although the patterns select it. Absent: nothing is. */
  readonly excludesRepository?: ((repository: string) => boolean) | undefined;
  readonly excludesTag?: ((tag: string) => boolean) | undefined;
  /** True for the artifact types of images to copy. Absent: all. */
  readonly acceptsType?: ((artifactType: string) => boolean) | undefined;
  /** Copy only the newest of the tags that the patterns select in a repository. */
  readonly latest?: LatestTags | undefined;
  /** Copy an image only when it is this old, in milliseconds. */
  readonly minAgeMs?: number | undefined;
  /** Copy only these platforms of an image. Absent: all. */
  readonly platforms?: PlatformFilter | undefined;
  /** What an image must have before it leaves the source. Absent: nothing. */
  readonly gate?: Gate | undefined;
  /** Copy the blobs of manifests that are pushed without a tag, before a tag names them. Absent: do not. */
  readonly preCopy?: boolean | undefined;
  /** What to do with a tag that someone else has moved at the target. Absent: the source wins. */
  readonly conflict?: ConflictPolicy | undefined;
  /** Tags that were deleted at the source are deleted at the target. Absent: they stay. */
  readonly deletes?: DeletePolicy | undefined;
  /** A rule with retention has `latest`, too. */
  readonly retention?: RetentionPolicy | undefined;
  /** The repository's name at the target, without the destination's prefix. */
  readonly targetName: (repository: string) => string;
}
