import * as z from "zod";
import type { CircuitRecord } from "./circuit.ts";

/**
 * Whether a destination's queues are read, and by how many copies at once; one item of the store. Absent: all is as it was
 * deployed. Times are epoch milliseconds.
 */
export const QueuePauseRecord = z.discriminatedUnion("state", [
  z.object({ state: z.literal("full") }),
  /**
   * The queues rest, or are about to: noted before they are paused, so that whatever becomes of the order to pause them,
   * somebody will open them. `probedAt` shows that somebody looks after them.
   */
  z.object({ state: z.literal("paused"), since: z.number(), probedAt: z.number(), isDone: z.boolean() }),
  z.object({ state: z.literal("reopening"), concurrency: z.int(), steppedAt: z.number() }),
]);
export type QueuePauseRecord = z.infer<typeof QueuePauseRecord>;

/** Pauses the queues of a destination, or has them read by `concurrency` copies at once; undefined: as deployed. */
export type SetQueueState = (
  destination: string,
  state: "paused" | { readonly concurrency: number | undefined },
  signal: AbortSignal,
) => Promise<void>;

/** What to do with the queues of a destination. `concurrency` undefined: as deployed. */
export type QueuePauseStep =
  | { readonly kind: "leave" }
  /** The circuit is not closed: ask the destination whether it takes writes again. */
  | { readonly kind: "probe" }
  | { readonly kind: "pause" }
  | { readonly kind: "admit"; readonly concurrency: number | undefined };

/** A circuit that is open for longer than this has its queues paused: every delivery costs, and finds nothing out. */
const PAUSE_AFTER_MS = 120_000;
/** Copies at once after a pause, doubled after every step: the destination is not met by all that waits at once. */
const REOPEN_WITH = 2;
const REOPEN_STEP_MS = 55_000;

/** What comes next for a destination's queues. @param full copies at once as deployed. */
export function nextQueuePauseStep(
  intake: QueuePauseRecord | undefined,
  circuit: CircuitRecord | undefined,
  full: number,
  now: number,
): QueuePauseStep {
  const isClosed = circuit === undefined || circuit.state === "closed";
  if (intake?.state === "paused") {
    if (isClosed) return { kind: "admit", concurrency: REOPEN_WITH };
    return { kind: intake.isDone ? "probe" : "pause" };
  }
  if (!isClosed) return now - circuit.since >= PAUSE_AFTER_MS ? { kind: "pause" } : { kind: "leave" };
  if (intake?.state !== "reopening" || now - intake.steppedAt < REOPEN_STEP_MS) return { kind: "leave" };
  const concurrency = intake.concurrency * 2;
  return { kind: "admit", concurrency: concurrency >= full ? undefined : concurrency };
}

/** The record before (`isDone` false) and after queues are paused. */
export function pausedQueues(now: number, isDone: boolean): QueuePauseRecord {
  return { state: "paused", since: now, probedAt: now, isDone };
}

/** The record after queues were opened for so many copies at once; undefined: as deployed. */
export function resumedQueues(concurrency: number | undefined, now: number): QueuePauseRecord {
  return concurrency === undefined ? { state: "full" } : { state: "reopening", concurrency, steppedAt: now };
}

/** Whoever looks after paused queues comes every minute; after this long without, they are opened: towards working. */
const FORSAKEN_MS = 900_000;

/** True for queues that were paused and then forgotten by whoever should open them again. */
export function isPauseAbandoned(intake: QueuePauseRecord | undefined, now: number): boolean {
  return intake?.state === "paused" && now - intake.probedAt > FORSAKEN_MS;
}
