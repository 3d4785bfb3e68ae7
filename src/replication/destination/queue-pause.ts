import * as z from "zod";
import type { CircuitRecord } from "./circuit.ts";

/**
 * Whether a destination's queues are paused, or resumed step by step; one item of the store. Absent: as deployed. Times are
 * epoch milliseconds.
 */
export const QueuePauseRecord = z.discriminatedUnion("state", [
  z.object({ state: z.literal("full") }),
  /**
   * The queues are paused, or are about to be (`isDone` false). It is written before they are paused: if that request times
   * out and still takes effect, they are resumed later. `probedAt` is when the probe function last handled the pause.
   */
  z.object({ state: z.literal("paused"), since: z.number(), probedAt: z.number(), isDone: z.boolean() }),
  /**
   * An operator has paused the queues, and only an operator ends that. `isDone` is false until the probe function has paused them; `by` is who
   * asked for it.
   */
  z.object({ state: z.literal("held"), since: z.number(), by: z.string(), isDone: z.boolean() }),
  z.object({ state: z.literal("reopening"), concurrency: z.int(), steppedAt: z.number() }),
]);
export type QueuePauseRecord = z.infer<typeof QueuePauseRecord>;

/** Pauses the queues of a destination, or has them read by `concurrency` copies at once; undefined: as deployed. */
export type SetQueueState = (
  destination: string,
  state: "paused" | { readonly concurrency: number | undefined },
  signal: AbortSignal,
) => Promise<void>;

/** The next step for the queues of a destination. `concurrency` undefined: as deployed. */
export type QueuePauseStep =
  | { readonly kind: "leave" }
  /** The queues are paused and the circuit is not closed: probe whether the destination accepts writes again. */
  | { readonly kind: "probe" }
  | { readonly kind: "pause" }
  /** An operator has asked for a pause: pause the queues. */
  | { readonly kind: "hold" }
  /** The queues are paused by an operator: leave them, whatever the circuit says. */
  | { readonly kind: "held" }
  | { readonly kind: "admit"; readonly concurrency: number | undefined };

/** Queues are paused once an outage lasts this long, in milliseconds: deliveries cost money and would all be refused. */
const PAUSE_AFTER_MS = 120_000;
/** Concurrent copies after a pause, doubled with every step, so that the backlog does not overwhelm the destination. */
const REOPEN_WITH = 2;
const REOPEN_STEP_MS = 55_000;

/** Decides the next step for a destination's queues. @param full concurrent copies as deployed. */
export function nextQueuePauseStep(
  pause: QueuePauseRecord | undefined,
  circuit: CircuitRecord | undefined,
  full: number,
  now: number,
): QueuePauseStep {
  return pause?.state === "held" ? { kind: pause.isDone ? "held" : "hold" } : nextOfCircuit(pause, circuit, full, now);
}

/** The next step of what an outage has begun. */
function nextOfCircuit(
  pause: QueuePauseRecord | undefined,
  circuit: CircuitRecord | undefined,
  full: number,
  now: number,
): QueuePauseStep {
  const isClosed = circuit === undefined || circuit.state === "closed";
  if (pause?.state === "paused") {
    if (isClosed) return { kind: "admit", concurrency: REOPEN_WITH };
    return { kind: pause.isDone ? "probe" : "pause" };
  }
  if (!isClosed) return now - circuit.since >= PAUSE_AFTER_MS ? { kind: "pause" } : { kind: "leave" };
  if (pause?.state !== "reopening" || now - pause.steppedAt < REOPEN_STEP_MS) return { kind: "leave" };
  const concurrency = pause.concurrency * 2;
  return { kind: "admit", concurrency: concurrency >= full ? undefined : concurrency };
}

/** The record after an operator has asked for a pause; undefined when one has already. */
export function heldQueues(
  record: QueuePauseRecord | undefined,
  { by, now }: { readonly by: string; readonly now: number },
): QueuePauseRecord | undefined {
  return record?.state === "held" ? undefined : { state: "held", since: now, by, isDone: false };
}

/**
 * The record after an operator has ended a pause: from here on, the queues are resumed as after an outage, step by step, when the circuit
 * is closed. Undefined when no operator had paused them.
 */
export function releasedQueues(record: QueuePauseRecord | undefined, now: number): QueuePauseRecord | undefined {
  return record?.state === "held" ? { state: "paused", since: record.since, probedAt: now, isDone: true } : undefined;
}

/** The record before (`isDone` false) and after the queues are paused. */
export function pausedQueues(now: number, isDone: boolean): QueuePauseRecord {
  return { state: "paused", since: now, probedAt: now, isDone };
}

/** The record after the queues were resumed with this many concurrent copies; undefined: as deployed. */
export function resumedQueues(concurrency: number | undefined, now: number): QueuePauseRecord {
  return concurrency === undefined ? { state: "full" } : { state: "reopening", concurrency, steppedAt: now };
}

/** The probe function handles paused queues every minute. Without it for this long, they are resumed; milliseconds. */
const ABANDONED_MS = 900_000;

/** True for paused queues that the probe function no longer handles. */
export function isPauseAbandoned(pause: QueuePauseRecord | undefined, now: number): boolean {
  return pause?.state === "paused" && now - pause.probedAt > ABANDONED_MS;
}
