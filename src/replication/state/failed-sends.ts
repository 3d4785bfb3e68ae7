import * as z from "zod";
import type { Descriptor } from "../../oci/descriptor.ts";
import { explainError } from "../../oci/errors/error-explanation.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";

/** Sends of one blob to one repository that the target took to the last byte and did not keep, since it last kept one. */
export const FailedSends = z.object({
  /** Deliveries that ended with such a send. */
  deliveries: z.int().positive(),
  /** Bytes they sent: all are paid for. */
  bytes: z.int().positive(),
  /** When the last one failed; epoch milliseconds. */
  lastAt: z.number(),
});
export type FailedSends = z.infer<typeof FailedSends>;

/** A blob is given up after so many deliveries, and so many bytes: both, so that a small one outlives an outage of hours. */
const MAX_DELIVERIES = 3;
const MAX_BYTES = 1e9;
/** Wait after a failed send of `MAX_BYTES` and more; a share of it after fewer. Milliseconds. */
const WAIT_MS = 2_400_000;
/** A blob that was given up is tried once in so long, in milliseconds: the target may have been repaired. */
const AGAIN_MS = 3_600_000;
/** A blob from this size on is sent to its end once in a delivery: further tries are the queue's, with longer waits. */
const ONCE_FROM_BYTES: number = 64 * 1024 * 1024;

/** The target took a blob to its last byte and did not keep it. */
export class UploadNotKeptError extends Error {
  override readonly name = "UploadNotKeptError";
  /** Milliseconds until the next try makes sense; undefined when the blob is given up. */
  readonly afterMs: number | undefined;

  constructor({ digest, size }: Descriptor, { deliveries, bytes }: FailedSends, options: ErrorOptions & AfterMs) {
    const { cause, afterMs } = options;
    const answer = cause instanceof RegistryError ? `; ${explainError(cause, "stack").problem}` : "";
    const advice =
      afterMs === undefined
        ? "; look for a limit of size or time at the target or at a proxy before it, then bring the dead letter back"
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

/** One more delivery that sent a blob for nothing. @param now epoch milliseconds. */
export function addFailedSend(known: FailedSends | undefined, bytes: number, now: number): FailedSends {
  return { deliveries: (known?.deliveries ?? 0) + 1, bytes: (known?.bytes ?? 0) + bytes, lastAt: now };
}

/** What a failed send means for the request: given up, or when to try again. */
export function uploadNotKept(blob: Descriptor, sends: FailedSends, cause: unknown): UploadNotKeptError {
  const waitMs = Math.round(Math.min(sends.bytes / MAX_BYTES, 1) * WAIT_MS);
  const askedMs = cause instanceof RegistryError ? (cause.retryAfterMs ?? 0) : 0;
  const afterMs = isTooMuch(sends) ? undefined : Math.max(waitMs, askedMs);
  return new UploadNotKeptError(blob, sends, { cause, afterMs });
}

/** Why a blob is not sent at all: it was given up a moment ago. @param now epoch milliseconds. */
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

/** What one delivery sends of one blob, over all tries in place. */
export interface SendTracker {
  /** The blob is read from its beginning. @returns what notes bytes that the target has taken. */
  opened(): (bytes: number) => void;
  /** False when another try in place costs too much. */
  mayResend(): boolean;
  /** Bytes sent for nothing when an upload ended so; undefined when the target did not have all of them. */
  wastedBytes(error: unknown): number | undefined;
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
