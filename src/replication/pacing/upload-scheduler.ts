import { followAbort } from "../../async/linked-abort.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { isSoleUpload, PreemptedError, tooSlowError } from "./upload-admission.ts";
import type { UploadInFlight } from "./upload-admission.ts";
import { createUploadsInFlight } from "./uploads-in-flight.ts";
import type { UploadProgress, UploadSchedulerOptions, UploadsInFlight } from "./uploads-in-flight.ts";
import { tooLateError } from "./time-budget.ts";
import { createAdmissionQueue } from "./admission-queue.ts";
import type { AdmissionQueue } from "./admission-queue.ts";

/**
 * Schedules the uploads of one delivery. A big blob starts only when it and all uploads in flight fit into the time left at
 * the measured bandwidth. An upload that turns out not to fit is stopped early, and started again when it does.
 */
export interface UploadScheduler {
  /**
   * Sends a blob once it is admitted. @throws {TooLateError} when only another delivery has enough time.
   * @throws {TooLargeError} when it had the whole time of this delivery and was too slow.
   */
  run<T>(request: UploadRequest, signal: AbortSignal, send: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Callers report the bytes of each upload here. */
  readonly progress: UploadProgress;
  /** Highest number of concurrent big uploads so far. */
  maxConcurrent(): number;
  /** The error of a blob that had the whole time of this delivery and did not finish; undefined when there is none. */
  timeExceeded(): Error | undefined;
}

export interface UploadRequest {
  readonly blob: Descriptor;
  /** Starts without waiting: another repository has the blob, so most likely no byte is sent. */
  readonly skipsQueue: boolean;
}

/** Smaller blobs are not scheduled: their requests take longer than their bytes. */
const BIG_BYTES: number = 1024 * 1024;
/** Share of the time limit below which the time counts as over. */
const OVER_SHARE = 0.01;

export function createUploadScheduler(options: UploadSchedulerOptions): UploadScheduler {
  const { budget, clock } = options;
  const queue = createAdmissionQueue<QueuedUpload>();
  const uploads = createUploadsInFlight(options, () => admit());
  let timeExceeded: Error | undefined;

  const admit = (failure?: unknown): void =>
    admitTo(uploads, queue, ({ blob }) => failure ?? tooLateError(blob, budget));

  async function started({ blob, skipsQueue }: UploadRequest, signal: AbortSignal): Promise<UploadInFlight> {
    if (skipsQueue) return uploads.start(blob);
    const queued: QueuedUpload = { blob, upload: undefined };
    const admitted = queue.wait(queued, signal);
    admit();
    await admitted;
    return queued.upload ?? uploads.start(blob);
  }

  /** The error to throw; undefined when the upload was preempted and has to wait again. */
  function errorOf(error: unknown, upload: UploadInFlight, signal: AbortSignal): unknown {
    const isOver = signal.aborted && budget.remainingMs() <= budget.limitMs * OVER_SHARE;
    if (isOver && isSoleUpload(upload)) timeExceeded = tooSlowError(upload, budget, clock.now());
    const { aborted, reason } = upload.stop.signal;
    if (signal.aborted || !aborted) return timeExceeded ?? error;
    return reason instanceof PreemptedError ? undefined : reason;
  }

  return {
    async run(request, signal, send) {
      if (request.blob.size < BIG_BYTES) return send(signal);
      for (;;) {
        const upload = await started(request, signal);
        using _following = followAbort(upload.stop, signal);
        let failure: unknown;
        try {
          return await send(upload.stop.signal);
        } catch (error) {
          failure = errorOf(error, upload, signal);
          if (failure !== undefined) throw failure;
        } finally {
          uploads.end(upload);
          // Uploads that waited for a failed one fail with its error: they did not run out of time.
          admit(failure);
        }
      }
    },
    progress: uploads.progress,
    maxConcurrent: () => uploads.count().max,
    timeExceeded: () => timeExceeded,
  };
}

interface QueuedUpload {
  readonly blob: Descriptor;
  /** Set on admission, so that the next decision counts this upload as in flight. */
  upload: UploadInFlight | undefined;
}

/** Starts what fits, in order. When nothing is in flight and nothing fits, the rest is left to another delivery. */
function admitTo(
  uploads: UploadsInFlight,
  queue: AdmissionQueue<QueuedUpload>,
  errorOf: (queued: QueuedUpload) => unknown,
): void {
  queue.admit((queued) => {
    queued.upload = uploads.startIfFits(queued.blob);
    return queued.upload !== undefined;
  });
  if (uploads.count().now === 0) queue.reject(errorOf);
}
