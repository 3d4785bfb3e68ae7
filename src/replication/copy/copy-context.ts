import type { ImageSource } from "../../oci/image-source.ts";
import type { ImageTarget } from "../../oci/image-target.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import type { Checkpoint } from "../state/checkpoint.ts";
import type { Clock } from "../../async/clock.ts";
import type { ObserveCopy } from "../state/copy-progress.ts";
import type { UploadScheduler } from "../pacing/upload-scheduler.ts";
import type { RecordStore } from "../state/record-store.ts";
import type { UploadConcurrency } from "../pacing/upload-concurrency.ts";

/** Everything a copy needs; immutable, shared by everything that the copy runs concurrently. */
export interface CopyContext {
  readonly source: ImageSource;
  readonly target: ImageTarget;
  readonly checkpoints: RecordStore<Checkpoint>;
  /** Key prefix of this target's checkpoints, `destination/repository`: equal for all copies that share blobs. */
  readonly scope: string;
  /** Owner of the leases, unique to this delivery. */
  readonly owner: string;
  /** How long claims last without a heartbeat, in milliseconds. */
  readonly leaseMs: number;
  /** Where checkpoints are shared by all repositories of the destination, and which of them this is. */
  readonly sharing?: { readonly scope: string; readonly repository: RepositoryName } | undefined;
  /** A copy of the long lane, which may take hours: others do not wait in place for what it sends. */
  readonly isLong?: boolean | undefined;
  /** The request had failed for good and was redriven: content that failed with it is tried at once. */
  readonly isRedriven?: boolean | undefined;
  /** Admits only uploads that fit into the delivery; absent: admits all. */
  readonly line?: UploadScheduler | undefined;
  /** Limits concurrent uploads across all copies of this process. */
  readonly streams: UploadConcurrency;
  /** `ask`: content without a checkpoint may be there. `resend`: the registry denied having what it said it had. */
  readonly presence: "ask" | "resend";
  /** Also copy what is attached to the image. */
  readonly referrers: boolean;
  /** False for an image without cosign tags: the copy then does not look them up at the source. */
  readonly companions?: boolean | undefined;
  /** Whether an index whose children are not all at the source fails, or is copied as it is. */
  readonly sparse: "fail" | "keep";
  /** Non-distributable layers: left out, or copied where the source has them. */
  readonly foreignLayers?: "leave" | "copy" | undefined;
  readonly clock: Clock;
  /**
   * Aborted when the process itself has to end, after the copy's deadline. Only this signal aborts the writes that a stopping
   * copy still makes (releasing a lease, recording content that is present). Absent where no store is involved.
   */
  readonly ending?: AbortSignal | undefined;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly observe?: ObserveCopy | undefined;
}
