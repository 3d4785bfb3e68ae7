import * as z from "zod";
import type { Descriptor } from "../../oci/descriptor.ts";
import { explainError } from "../../oci/errors/error-explanation.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";

/** Sends of one blob to one repository that the target received completely and did not keep, since its last success. */
export const FailedSends = z.object({
  /** Deliveries that ended with such a send. */
  deliveries: z.int().positive(),
  /** Bytes that these deliveries sent. All of them cost money. */
  bytes: z.int().positive(),
  /** When the last one failed; epoch milliseconds. */
  lastAt: z.number(),
});
export type FailedSends = z.infer<typeof FailedSends>;

/** A blob is abandoned once both limits are reached: with the first alone, a small blob would not survive an outage of hours. */
const MAX_DELIVERIES = 3;
const MAX_BYTES = 1e9;
/** Back-off once `MAX_BYTES` were sent in vain, in milliseconds; proportionally less for fewer bytes. */
const WAIT_MS = 2_400_000;
/** Interval at which an abandoned blob is retried, in milliseconds: the target may have been repaired. */
const AGAIN_MS = 3_600_000;
/** A delivery sends a blob of at least this size completely only once; the queue retries it, with longer waits. */
const ONCE_FROM_BYTES: number = 64 * 1024 * 1024;

/** The target received a blob completely and did not keep it. */
export class UploadNotKeptError extends Error {
  override readonly name = "UploadNotKeptError";
  /** Milliseconds until a retry makes sense; undefined when the blob is abandoned. */
  readonly afterMs: number | undefined;

  constructor({ digest, size }: Descriptor, { deliveries, bytes }: FailedSends, options: ErrorOptions & AfterMs) {
    const { cause, afterMs } = options;
    const answer = cause instanceof RegistryError ? `; ${explainError(cause, "stack").problem}` : "";
    const advice =
      afterMs === undefined
        ? "; look for a limit of size or time at the target or at a proxy before it, then redrive the dead letter"
        : "";
    super(
      `the target took all ${size} bytes of blob ${digest} and did not keep them, in ${deliveries} deliveries that sent ${bytes} bytes${answer}${advice}`,
      { cause },
    );
    this.afterMs = afterMs;
  }
}

interface AfterMs {
  readonly afterMs: number | undefined;
}

/** Adds one delivery that sent the blob in vain. @param now epoch milliseconds. */
export function addFailedSend(known: FailedSends | undefined, bytes: number, now: number): FailedSends {
  return { deliveries: (known?.deliveries ?? 0) + 1, bytes: (known?.bytes ?? 0) + bytes, lastAt: now };
}

/** The error of a failed send: it says when to retry, or that the blob is abandoned. */
export function uploadNotKept(blob: Descriptor, sends: FailedSends, cause: unknown): UploadNotKeptError {
  const waitMs = Math.round(Math.min(sends.bytes / MAX_BYTES, 1) * WAIT_MS);
  const askedMs = cause instanceof RegistryError ? (cause.retryAfterMs ?? 0) : 0;
  const afterMs = isTooMuch(sends) ? undefined : Math.max(waitMs, askedMs);
  return new UploadNotKeptError(blob, sends, { cause, afterMs });
}

/** The error of a blob that is not sent because it was abandoned within the last hour; undefined: send it. @param now epoch milliseconds. */
export function abandonedUpload(
  blob: Descriptor,
  sends: FailedSends | undefined,
  now: number,
): UploadNotKeptError | undefined {
  if (sends === undefined || !isTooMuch(sends) || now - sends.lastAt >= AGAIN_MS) return undefined;
  return new UploadNotKeptError(blob, sends, { afterMs: undefined });
}

function isTooMuch({ deliveries, bytes }: FailedSends): boolean {
  return deliveries >= MAX_DELIVERIES && bytes >= MAX_BYTES;
}

/** Counts what one delivery sends of one blob, over all its attempts. */
export interface SendTracker {
  /** Starts an attempt at the first byte. @returns a function that counts bytes which the target has received. */
  opened(): (bytes: number) => void;
  /** False when another attempt in this delivery would cost too much. */
  mayResend(): boolean;
  /** Bytes sent in vain when the upload failed with `error`; undefined unless the target had received the whole blob and the failure is the target's. */
  wastedBytes(error: unknown): number | undefined;
}

/** Tracks the upload of a pre-copy: it is sent once, and its failure is not recorded. @throws {UploadNotKeptError} after an earlier failure. */
export function sentOnce(blob: Descriptor, failed: FailedSends | undefined): SendTracker {
  if (failed !== undefined) throw new UploadNotKeptError(blob, failed, { afterMs: undefined });
  return { opened: () => () => undefined, mayResend: () => false, wastedBytes: () => undefined };
}

export function createSendTracker({ size }: Descriptor): SendTracker {
  let bytes = 0;
  let isWhole = false;
  return {
    opened() {
      let moved = 0;
      return (more) => {
        bytes += more;
        moved += more;
        isWhole ||= moved >= size;
      };
    },
    mayResend: () => !isWhole || size < ONCE_FROM_BYTES,
    wastedBytes: (error) => (isWhole && error instanceof RegistryError && error.side === "target" ? bytes : undefined),
  };
}
