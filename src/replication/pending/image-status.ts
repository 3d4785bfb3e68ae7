import { describeOutcome } from "../outcome/outcome.ts";
import type { TagRecord } from "../state/tag-record.ts";
import { statusOf } from "../state/tag-status.ts";
import { pendingMs } from "./pending-push.ts";
import type { PendingPush } from "./pending-push.ts";

/** Whether an image is at a destination. `NOT_TRACKED`: nothing copies it there; the reason says why, where it is known. */
export type ImageState = "PENDING" | "REPLICATED" | "FAILED" | "NOT_TRACKED";

/** The status of one image at one destination. */
export interface ImageStatus {
  readonly state: ImageState;
  /** How the last delivery ended, in words. */
  readonly reason?: string;
  /** What the target was last confirmed to have under the tag, and when; epoch milliseconds. */
  readonly digest?: string;
  readonly replicatedAt?: number;
  /** How long its oldest push has been pending, in milliseconds. */
  readonly pendingMs?: number;
}

/** The status of an image, from its record and from its pushes that have not ended at the destination. */
export function imageStatus(record: TagRecord | undefined, pushes: readonly PendingPush[], now: number): ImageStatus {
  const { replicated, last } = record ?? {};
  return {
    state: stateOf(record, pushes, now),
    ...(last === undefined ? {} : { reason: describeOutcome(last) }),
    ...(replicated === undefined ? {} : { digest: replicated.digest, replicatedAt: replicated.at }),
    ...(pushes.length === 0 ? {} : { pendingMs: Math.max(...pushes.map((push) => pendingMs(push, now))) }),
  };
}

function stateOf(record: TagRecord | undefined, pushes: readonly PendingPush[], now: number): ImageState {
  if (pushes.length > 0) return "PENDING";
  if (record === undefined) return "NOT_TRACKED";
  switch (statusOf(record, now)) {
    case "equal":
      return "REPLICATED";
    case "copying":
    case "waiting":
      return "PENDING";
    case "failed":
      return "FAILED";
    case "skipped":
    case "quarantined":
    case "cancelled":
      return "NOT_TRACKED";
  }
}
