import type { Operations } from "./open-operations.ts";
import { readStackStatus } from "./stack-status.ts";
import type { StackStatus } from "./stack-status.ts";

/** A status that is younger is not read again, in milliseconds. */
const FRESH_MS = 2_000;
/** A status reads the whole table: one that took long stays fresh for so many times as long. */
const REST = 5;

/** The status of a stack for many readers: they share one reading, and one that has just ended. */
export function createStatusCache(operations: Operations, now: () => number): () => Promise<StackStatus> {
  let reading: Promise<StackStatus> | undefined;
  let freshUntil = 0;
  return () => {
    if (reading !== undefined && now() < freshUntil) return reading;
    const begun = now();
    freshUntil = Infinity;
    reading = readStackStatus(operations).finally(() => {
      freshUntil = now() + Math.max(FRESH_MS, (now() - begun) * REST);
    });
    // A failed reading is not shared with later readers.
    reading.catch(() => (freshUntil = 0));
    return reading;
  };
}
