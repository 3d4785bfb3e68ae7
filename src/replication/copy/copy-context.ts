import type { ImageSource } from "../../oci/image-source.ts";
import type { ImageTarget } from "../../oci/image-target.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import type { Checkpoint } from "../state/checkpoint.ts";
import type { Clock } from "../../async/clock.ts";
import type { ObserveCopy } from "../state/copy-progress.ts";
import type { UploadScheduler } from "../pacing/upload-scheduler.ts";
import type { RecordStore } from "../state/record-store.ts";
import type { UploadConcurrency } from "../pacing/upload-concurrency.ts";

/** All a copy needs; immutable, shared by everything it runs at once. */
export interface CopyContext {
  readonly source: ImageSource;
  readonly target: ImageTarget;
  readonly checkpoints: RecordStore<Checkpoint>;
  /** Where checkpoints of this target live: equal for everything that shares blobs, `destination/repository`. */
  readonly scope: string;
  /** Who we are in leases: unique to this delivery. */
  readonly owner: string;
  /** How long claims last without a heartbeat, in milliseconds. */
  readonly leaseMs: number;
  /** Where checkpoints are shared by all repositories of the destination, and which of them this is. */
  readonly sharing?: { readonly scope: string; readonly repository: RepositoryName } | undefined;
  /** A copy of the long lane, which may take hours: others do not wait in place for what it sends. */
  readonly isLong?: boolean | undefined;
  /** The request was given up before, and brought back: what was given up with it is tried at once. */
  readonly isRedriven?: boolean | undefined;
  /** What must fit into a delivery; without it, everything does. */
  readonly line?: UploadScheduler | undefined;
  /** Blobs that are sent at once, across all copies of this process. */
  readonly streams: UploadConcurrency;
  /** `ask`: content without a checkpoint may be there. `resend`: the registry denied having what it said it had. */
  readonly presence: "ask" | "resend";
  /** Also copy what is attached to the image. */
  readonly referrers: boolean;
  /** False for an image that has no cosign tags of its own, so that no registry is asked for them. */
  readonly companions?: boolean | undefined;
  /** What an index is whose children are not all at the source: a failure, or copied as it is. */
  readonly sparse: "fail" | "keep";
  /** Layers whose type says that they are not to be distributed: left out, or copied where the source holds them. */
  readonly foreignLayers?: "leave" | "copy" | undefined;
  readonly clock: Clock;
  /**
   * Aborted when the process itself has to end, after the copy's own deadline: what has to be noted when a copy stops (a lease
   * that is let go of, content that is there) is cut by this one alone. Absent where nothing waits for a store.
   */
  readonly ending?: AbortSignal | undefined;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly observe?: ObserveCopy | undefined;
}
