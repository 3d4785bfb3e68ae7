import { pendingMs } from "./pending-push.ts";
import type { PendingPush } from "./pending-push.ts";

/** What is pending at a destination. */
export interface PendingTotal {
  readonly copies: number;
  /** Bytes of the images whose size is known. */
  readonly bytes: number;
  /** Images whose size is not known yet. */
  readonly unsized: number;
  /** Milliseconds that the oldest has been pending; 0 when there is none. */
  readonly oldestMs: number;
  /** Those that have been pending for longer than the goal allows. */
  readonly late: number;
}

export const NOTHING_PENDING: PendingTotal = { copies: 0, bytes: 0, unsized: 0, oldestMs: 0, late: 0 };

export interface TotalOptions {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Milliseconds after which a push is late. */
  readonly withinMs: number;
}

/** Adds one push to a total. */
export function addPending(total: PendingTotal, push: PendingPush, { now, withinMs }: TotalOptions): PendingTotal {
  const ageMs = pendingMs(push, now);
  return {
    copies: total.copies + 1,
    bytes: total.bytes + (push.bytes ?? 0),
    unsized: total.unsized + (push.bytes === undefined ? 1 : 0),
    oldestMs: Math.max(total.oldestMs, ageMs),
    late: total.late + (ageMs > withinMs ? 1 : 0),
  };
}
