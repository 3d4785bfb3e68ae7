import type { Descriptor } from "../../oci/descriptor.ts";
import { estimateMs, tooLargeError } from "./time-budget.ts";
import type { TimeBudget } from "./time-budget.ts";

/** A big blob that is being uploaded. */
export interface UploadInFlight {
  readonly blob: Descriptor;
  /** When its current transfer started, in milliseconds of the clock. */
  startedAt: number;
  sentBytes: number;
  /** It started at the beginning of the delivery: see {@link hasFullTime}. */
  readonly hadFullTime: boolean;
  /** Bytes of the big blobs that started after it. */
  concurrentBytes: number;
  /** Aborts this upload only. */
  readonly stop: AbortController;
}

/** The big uploads of one delivery, and the time left for them. */
export interface UploadLoad {
  readonly uploads: readonly UploadInFlight[];
  readonly budget: TimeBudget;
  /** Bytes of the big blobs that started in this delivery. */
  readonly startedBytes: number;
  /** Maximum number of concurrent big uploads. */
  readonly maxUploads: number;
}

/** An upload was stopped so that others can finish; it waits for admission again. */
export class PreemptedError extends Error {
  override readonly name = "PreemptedError";
}

/** Assumed bandwidth while none has been measured, in bytes per millisecond: 256 KiB/s. */
const DEFAULT_BYTES_PER_MS = (256 * 1024) / 1_000;
/** Share of the time limit that an upload gets before it may be stopped as too slow. */
const TRIAL_SHARE = 0.1;
/** Share of the time limit that must be left for an upload to start against the estimate. */
const FULL_TIME_SHARE = 0.5;
/** Bytes that may be sent before or beside a blob without counting, as a share of its size. */
const NEGLIGIBLE_SHARE = 0.02;

/** Almost nothing was sent before, and so much time is left that a blob that cannot finish now cannot finish in any delivery. */
export function hasFullTime({ size }: Descriptor, { startedBytes, budget }: UploadLoad): boolean {
  return startedBytes <= size * NEGLIGIBLE_SHARE && budget.remainingMs() >= budget.limitMs * FULL_TIME_SHARE;
}

/** The blob has a whole delivery to itself: if it cannot finish now, it cannot finish in any delivery. */
export function isSoleUpload({ hadFullTime, concurrentBytes, blob }: UploadInFlight): boolean {
  return hadFullTime && concurrentBytes <= blob.size * NEGLIGIBLE_SHARE;
}

/**
 * Whether an upload may start: it and all uploads in flight have to fit into the time left. The first one may start against
 * the estimate. While no bandwidth has been measured, only small amounts start beside another upload.
 */
export function mayStart(blob: Descriptor, load: UploadLoad): boolean {
  const { size } = blob;
  const { uploads, budget, maxUploads } = load;
  if (uploads.length === 0) return fits(size, budget) !== false || hasFullTime(blob, load);
  if (uploads.length >= maxUploads) return false;
  const bytes = unsentBytes(uploads) + size;
  return fits(bytes, budget) ?? bytes <= budget.remainingMs() * DEFAULT_BYTES_PER_MS;
}

/** Undefined while no bandwidth has been measured. */
function fits(bytes: number, budget: TimeBudget): boolean | undefined {
  const neededMs = estimateMs(bytes, budget.bandwidth);
  return neededMs === undefined ? undefined : neededMs <= budget.remainingMs();
}

function unsentBytes(uploads: readonly UploadInFlight[]): number {
  return uploads.reduce((sum, { blob, sentBytes }) => sum + blob.size - sentBytes, 0);
}

/** An upload that cannot finish in time, and the reason to abort it with. */
export interface StoppedUpload {
  readonly upload: UploadInFlight;
  readonly reason: Error;
}

/** The uploads to stop because not all can finish in time at the measured bandwidth: those with the fewest bytes sent. */
export function uploadsToStop({ uploads, budget }: UploadLoad, now: number): StoppedUpload[] {
  const measured = budget.bandwidth.bytesPerMs();
  const triedMs = now - Math.max(...uploads.map(({ startedAt }) => startedAt));
  if (measured === undefined || triedMs < budget.limitMs * TRIAL_SHARE) return [];
  const left = budget.remainingMs();
  // Early in a delivery the estimate may be off by half; the tolerance shrinks with the time left.
  const mostMs = left * (1 + left / budget.limitMs / 2);
  const stopped: StoppedUpload[] = [];
  const remaining = uploads.toSorted((a, b) => b.sentBytes - a.sentBytes);
  for (let upload = remaining.at(-1); upload !== undefined; upload = remaining.at(-1)) {
    // A target that has accepted no byte is stalled, not slow: the stall watchdog handles it.
    if (isSoleUpload(upload) && upload.sentBytes === 0) return stopped;
    const rate = isSoleUpload(upload) ? upload.sentBytes / (now - upload.startedAt) : measured;
    if (unsentBytes(remaining) / rate <= mostMs) return stopped;
    remaining.pop();
    const reason = isSoleUpload(upload) ? tooSlowError(upload, budget, now) : new PreemptedError("others go first");
    stopped.push({ upload, reason });
  }
  return stopped;
}

/** The error for a blob that had a whole delivery to itself and was too slow. */
export function tooSlowError(
  { blob, sentBytes, startedAt }: UploadInFlight,
  { limitMs }: TimeBudget,
  now: number,
): Error {
  return tooLargeError(blob, sentBytes, now - startedAt, limitMs);
}
