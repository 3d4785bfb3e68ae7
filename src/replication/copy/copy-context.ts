import type { ImageSource } from "../../oci/image-source.ts";
import type { ImageTarget } from "../../oci/image-target.ts";
import type { Digest } from "../../oci/digest.ts";
import type { PlatformFilter } from "../../oci/platform.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import type { ConflictPolicy } from "../conflict/conflict-policy.ts";
import type { TargetReader } from "../conflict/target-reader.ts";
import type { ImageContentsStore } from "../contents/image-contents.ts";
import type { Checkpoint } from "../state/checkpoint.ts";
import type { Clock } from "../../async/clock.ts";
import type { ImageGate } from "../gate/open-gate.ts";
import type { ObserveCopy } from "../state/copy-progress.ts";
import type { RecordStore } from "../state/record-store.ts";
import type { Spans } from "../spans/span.ts";
import type { TagRecord } from "../state/tag-record.ts";
import type { TimeBudget } from "../pacing/time-budget.ts";
import type { UploadConcurrency } from "../pacing/upload-concurrency.ts";
import type { UploadScheduler } from "../pacing/upload-scheduler.ts";

/** Context of the copy of one image. Immutable, and shared by all its concurrent work. */
export interface CopyContext {
  readonly ports: CopyPorts;
  readonly identity: CopyIdentity;
  readonly policy: CopyPolicy;
  readonly uploads: CopyUploads;
  /**
   * Aborted when the process is about to end, after the deadline of the copy. The writes that end a copy (releasing a lease,
   * completing a claim) are aborted by this signal only. Absent: never.
   */
  readonly ending?: AbortSignal | undefined;
  readonly observe?: ObserveCopy | undefined;
}

/** Both sides of a copy, its records, time and chance. */
export interface CopyPorts {
  readonly source: ImageSource;
  readonly target: ImageTarget;
  readonly checkpoints: RecordStore<Checkpoint>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Measures the parts of the copy; absent where no traces are collected. */
  readonly spans?: Spans | undefined;
}

/** Whose copy this is, and where its records are. */
export interface CopyIdentity {
  /** First part of the keys of this target's records: `destination/repository`. */
  readonly scope: string;
  /** Owner of its leases and claims: unique to the delivery. */
  readonly owner: string;
  /** Time after which a lease or claim expires unless it is renewed, in milliseconds. */
  readonly leaseMs: number;
  /**
   * For sharing blobs between the repositories of the destination: the scope of their common checkpoints, and this
   * repository's name.
   */
  readonly sharing?: { readonly scope: string; readonly repository: RepositoryName } | undefined;
}

/** Which parts of an image are copied. */
export interface CopyPolicy {
  /** Copy referrers and cosign tags, too. */
  readonly referrers: boolean;
  /** An index of which the source lacks children: fail, or copy the index as it is. */
  readonly sparse: "fail" | "keep";
  /** Layers of a non-distributable media type: leave them out, or copy those that the source has. */
  readonly foreignLayers?: "leave" | "copy" | undefined;
  /** False for a signature, which has no cosign tags of its own: the source is not searched for any. */
  readonly cosignTags?: boolean | undefined;
  /** Children of indexes that are not copied: the rule chooses other platforms. */
  readonly excluded?: ReadonlySet<Digest> | undefined;
  /** Content without a checkpoint: `ask` the target for it, or `resend` it because the target denied having it. */
  readonly presence: "ask" | "resend";
  /** A fault was found in the image: its checkpoints are forgotten first. */
  readonly isRepair?: boolean | undefined;
}

/** How the blobs of a copy are uploaded. */
export interface CopyUploads {
  /** Bound over all copies of the process. */
  readonly concurrency: UploadConcurrency;
  /** Admits uploads that fit into the delivery; absent where the time is not limited. */
  readonly scheduler?: UploadScheduler | undefined;
  /** A copy of the long lane, which may take hours: other copies do not wait for the blobs that it uploads. */
  readonly isLong?: boolean | undefined;
  /** Absent for the copy of a tag. */
  readonly preCopy?: PreCopyUploads | undefined;
  /** The request failed before and was redriven: blobs that were given up then are tried at once. */
  readonly isRedriven?: boolean | undefined;
}

/** Bounds the uploads of a pre-copy: each is sent once at most, and none waits for another copy. */
export interface PreCopyUploads {
  /** Takes bytes from the budget. @throws when it has too few. */
  reserve(bytes: number, signal: AbortSignal): Promise<void>;
  /** Gives bytes back that were not sent. */
  refund(bytes: number): Promise<void>;
}

/** Context of one delivery of a copy request. */
export interface ReplicateContext {
  readonly ports: CopyPorts & {
    readonly tags: RecordStore<TagRecord>;
    readonly reader: TargetReader;
    /** Where it is written what the copied image consists of; absent where no one looks. */
    readonly contents?: ImageContentsStore | undefined;
  };
  /** `message`: id of the message, the same for all its deliveries. */
  readonly identity: CopyIdentity & { readonly message: string };
  readonly policy: RequestPolicy;
  /** The gate of the rule; absent: it has none. */
  readonly gate?: ImageGate | undefined;
  readonly uploads: DeliveryUploads;
  /** As in {@link CopyContext}. */
  readonly ending?: AbortSignal | undefined;
}

export interface RequestPolicy extends Omit<CopyPolicy, "cosignTags" | "presence" | "isRepair"> {
  /** Failed attempts, and deliveries without progress, after which a request fails. */
  readonly maxAttempts: number;
  /** No rule selects the request by itself: it is copied only if the target has the image that it is attached to. */
  readonly onlyAttached?: boolean | undefined;
  /** The rules selected this image by facts about it: they have not decided on another one under the same tag. Absent: any. */
  readonly selectedDigest?: Digest | undefined;
  /** What to do with a tag that someone else has moved at the target. Absent: the source wins. */
  readonly conflict?: ConflictPolicy | undefined;
  /** The tag at the target, if it is not that of the source. */
  readonly targetTag?: Tag | undefined;
  /** The rule copies only these platforms. */
  readonly platforms?: PlatformFilter | undefined;
  /** How long its rule let it wait, in milliseconds: not a part of its lag. */
  readonly heldMs?: number | undefined;
}

export interface DeliveryUploads extends Omit<CopyUploads, "scheduler" | "isRedriven" | "preCopy"> {
  /** Time of this delivery; absent where it is not limited. */
  readonly time?: TimeBudget | undefined;
  /** Images that do not fit into a delivery are deferred to the long lane. */
  readonly hasLongLane?: boolean | undefined;
}
