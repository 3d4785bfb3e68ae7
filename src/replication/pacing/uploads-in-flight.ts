import type { Clock } from "../../async/clock.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { hasFullTime, mayStart, uploadsToStop } from "./upload-admission.ts";
import type { UploadInFlight, UploadLoad } from "./upload-admission.ts";
import { SAMPLE_MIN_MS } from "./time-budget.ts";
import type { BandwidthEstimate, TimeBudget } from "./time-budget.ts";

/** What is known of the bytes of uploads. */
export interface UploadProgress {
  /** A blob is read from its first byte, for the first time or for a retry. */
  restarted(digest: Digest): void;
  /** The target has accepted bytes of a blob. */
  addBytes(digest: Digest, bytes: number): void;
  /** The target has the whole blob. */
  completed(blob: Descriptor): void;
}

export interface UploadSchedulerOptions {
  readonly budget: TimeBudget;
  readonly clock: Pick<Clock, "now">;
  /** Maximum number of concurrent big uploads; undefined for no maximum. */
  readonly maxUploads: number | undefined;
}

/** The big blobs that one delivery is uploading. Their bytes are the samples of its bandwidth estimate. */
export interface UploadsInFlight {
  /** Starts an upload without asking whether it fits. */
  start(blob: Descriptor): UploadInFlight;
  /** Starts an upload; undefined when it does not fit into the time left. */
  startIfFits(blob: Descriptor): UploadInFlight | undefined;
  end(upload: UploadInFlight): void;
  count(): { readonly now: number; readonly max: number };
  readonly progress: UploadProgress;
}

/** @param onSample called when a bandwidth sample is complete: more uploads may fit now. */
export function createUploadsInFlight(
  { budget, clock, maxUploads = Infinity }: UploadSchedulerOptions,
  onSample: () => void,
): UploadsInFlight {
  const uploads = new Map<Digest, UploadInFlight>();
  const sample = createSample(budget.bandwidth, clock);
  let maxConcurrent = 0;
  let startedBytes = 0;

  const load = (): UploadLoad => ({ uploads: [...uploads.values()], budget, maxUploads, startedBytes });

  function start(blob: Descriptor): UploadInFlight {
    if (uploads.size === 0) sample.restart();
    for (const other of uploads.values()) other.concurrentBytes += blob.size;
    const startedAt = clock.now();
    const hadFullTime = hasFullTime(blob, load());
    const upload = { blob, startedAt, sentBytes: 0, hadFullTime, concurrentBytes: 0, stop: new AbortController() };
    uploads.set(blob.digest, upload);
    startedBytes += blob.size;
    maxConcurrent = Math.max(maxConcurrent, uploads.size);
    return upload;
  }

  return {
    start,
    startIfFits: (blob) => (mayStart(blob, load()) ? start(blob) : undefined),
    end({ blob }) {
      uploads.delete(blob.digest);
      if (uploads.size === 0) sample.finish();
    },
    count: () => ({ now: uploads.size, max: maxConcurrent }),
    progress: reportTo(uploads, sample, clock, () => {
      for (const { upload, reason } of uploadsToStop(load(), clock.now())) upload.stop.abort(reason);
      onSample();
    }),
  };
}

/** @param onSample called when a sample is complete. */
function reportTo(
  uploads: ReadonlyMap<Digest, UploadInFlight>,
  sample: Sample,
  clock: UploadSchedulerOptions["clock"],
  onSample: () => void,
): UploadProgress {
  return {
    restarted(digest) {
      const upload = uploads.get(digest);
      if (upload === undefined) return;
      // After a retry, only its own time and bytes say how fast it is.
      if (upload.sentBytes > 0) upload.startedAt = clock.now();
      upload.sentBytes = 0;
    },
    addBytes(digest, bytes) {
      if (uploads.size === 0) return;
      const upload = uploads.get(digest);
      if (upload !== undefined) upload.sentBytes += bytes;
      sample.add(bytes);
      if (!sample.isComplete()) return;
      sample.finish();
      onSample();
    },
    completed({ digest, size }) {
      const upload = uploads.get(digest);
      if (upload === undefined) return;
      sample.add(Math.max(size - upload.sentBytes, 0));
      upload.sentBytes = size;
    },
  };
}

/** Bytes sent over a period in which at least one big upload was in flight. */
interface Sample {
  restart(): void;
  add(bytes: number): void;
  isComplete(): boolean;
  /** Adds it to the estimate, and starts the next one. */
  finish(): void;
}

function createSample(bandwidth: BandwidthEstimate, clock: UploadSchedulerOptions["clock"]): Sample {
  let bytes = 0;
  let since = 0;
  function restart(): void {
    bytes = 0;
    since = clock.now();
  }
  return {
    restart,
    add: (more) => void (bytes += more),
    isComplete: () => clock.now() - since >= SAMPLE_MIN_MS,
    finish() {
      if (bytes > 0) bandwidth.addSample(bytes, clock.now() - since);
      restart();
    },
  };
}
