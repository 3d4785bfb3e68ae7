import type { Delivery } from "../../src/contract/stack/delivery.ts";
import type { Fate } from "./handler.ts";

/** A queue as the long lane works through it. */
export interface LongLaneQueue {
  /** Waits a while for a message; undefined when none came. */
  receive(signal: AbortSignal): Promise<Delivery | undefined>;
  /** Hides a message for longer: its copy goes on. */
  renew(delivery: Delivery, signal: AbortSignal): Promise<void>;
  remove(delivery: Delivery, signal: AbortSignal): Promise<void>;
}

export interface DrainOptions {
  /** Carries out one delivery, as the copy function does. */
  readonly handle: (delivery: Delivery, remainingMs: number) => Promise<Fate>;
  readonly remainingMs: () => number;
  /** A request is begun only when there is at least so much time. */
  readonly leastMs: number;
  /** Empty answers in a row after which the queue is believed to be empty. */
  readonly maxEmptyAnswers: number;
  /** Between two renewals, in milliseconds. */
  readonly renewMs: number;
  /** Aborted when the process itself has to end. */
  readonly ending: AbortSignal;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A renewal failed: the message may show again while it is worked on, and then meets the lease of its tag. */
  readonly onUnrenewed: (delivery: Delivery, error: unknown) => void;
}

/**
 * Carries out what is on a queue, one after another, until nothing comes any more or the time is over. @returns how many were done.
 */
export async function drainQueue(queue: LongLaneQueue, options: DrainOptions, signal: AbortSignal): Promise<number> {
  const { handle, remainingMs, leastMs, maxEmptyAnswers, ending } = options;
  let done = 0;
  for (let empty = 0; empty < maxEmptyAnswers && remainingMs() >= leastMs && !signal.aborted;) {
    const delivery = await queue.receive(signal);
    if (delivery === undefined) {
      empty++;
      continue;
    }
    empty = 0;
    const fate = await whileHidden(queue, delivery, options, () => handle(delivery, remainingMs()));
    if (fate === "kept") continue;
    // What is done is removed also when no more is begun: left there, it would be carried out again.
    await queue.remove(delivery, ending);
    done++;
  }
  return done;
}

/** Renews the message's visibility as long as the work goes on. */
async function whileHidden<T>(
  queue: LongLaneQueue,
  delivery: Delivery,
  { renewMs, sleep, onUnrenewed }: DrainOptions,
  work: () => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const renewing = (async () => {
    for (;;) {
      await sleep(renewMs, ended.signal).catch(() => undefined);
      if (ended.signal.aborted) return;
      await queue.renew(delivery, ended.signal).catch((error: unknown) => {
        if (!ended.signal.aborted) onUnrenewed(delivery, error);
      });
    }
  })();
  try {
    return await work();
  } finally {
    ended.abort();
    await renewing;
  }
}
