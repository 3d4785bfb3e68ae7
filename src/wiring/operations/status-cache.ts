import type { Operations } from "./open-operations.ts";
import { readStackStatus } from "./stack-status.ts";
import type { StackStatus } from "./stack-status.ts";

/** An answer that is younger is not read again, in milliseconds. */
const FRESH_MS = 2_000;
/** What reads the whole table and took long stays fresh for so many times as long. */
const REST = 5;

/** The status of a stack for many readers. */
export function createStatusCache(operations: Operations, now: () => number): () => Promise<StackStatus> {
  return sharedReading(() => readStackStatus(operations), now);
}

/** One reading for many readers: they share the one that is under way, and one that has just ended. @param now epoch milliseconds. */
export function sharedReading<Answer>(read: () => Promise<Answer>, now: () => number): () => Promise<Answer> {
  let reading: Promise<Answer> | undefined;
  let freshUntil = 0;
  return () => {
    if (reading !== undefined && now() < freshUntil) return reading;
    const begun = now();
    freshUntil = Infinity;
    reading = read().finally(() => {
      freshUntil = now() + Math.max(FRESH_MS, (now() - begun) * REST);
    });
    // A failed reading is not shared with later readers.
    reading.catch(() => (freshUntil = 0));
    return reading;
  };
}
