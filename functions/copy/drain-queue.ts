import type { Delivery } from "../../src/contract/stack/delivery.ts";
import type { Fate } from "./handler.ts";

/** A queue of the long lane. */
export interface LongLaneQueue {
  /** Long poll; undefined when no message arrived. */
  receive(signal: AbortSignal): Promise<Delivery | undefined>;
  /** Extends the visibility timeout of a message. */
  renew(delivery: Delivery, signal: AbortSignal): Promise<void>;
  remove(delivery: Delivery, signal: AbortSignal): Promise<void>;
}

export interface DrainOptions {
  /** Handles one delivery, as the copy function does. */
  readonly handle: (delivery: Delivery, remainingMs: number) => Promise<Fate>;
  readonly remainingMs: () => number;
  /** No request starts with less time left than this, in milliseconds. */
  readonly leastMs: number;
  /** Aborted when the process is about to end. */
  readonly ending: AbortSignal;
  readonly renewal: RenewalOptions;
}

/** How the visibility timeout of a message is extended during its copy. */
export interface RenewalOptions {
  readonly everyMs: number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Called when a renewal failed. The message may be delivered again during its copy; that delivery finds the lease taken. */
  readonly onFailed: (delivery: Delivery, error: unknown) => void;
}

/** Empty long polls in a row after which a queue counts as empty. */
const MAX_EMPTY_ANSWERS = 3;

/** Handles the messages of a queue one after another until it is empty or the time is over. @returns the number of finished messages. */
export async function drainQueue(queue: LongLaneQueue, options: DrainOptions, signal: AbortSignal): Promise<number> {
  const { handle, remainingMs, leastMs, ending, renewal } = options;
  let done = 0;
  for (let empty = 0; empty < MAX_EMPTY_ANSWERS && remainingMs() >= leastMs && !signal.aborted;) {
    const delivery = await queue.receive(signal);
    if (delivery === undefined) {
      empty++;
      continue;
    }
    empty = 0;
    const fate = await whileHidden(queue, delivery, renewal, () => handle(delivery, remainingMs()));
    if (fate === "kept") continue;
    // Ignores `signal`: a finished message that stays on the queue would be copied again.
    await queue.remove(delivery, ending);
    done++;
  }
  return done;
}

/** Extends the visibility timeout of the message until the work ends. */
async function whileHidden<T>(
  queue: LongLaneQueue,
  delivery: Delivery,
  { everyMs, sleep, onFailed }: RenewalOptions,
  work: () => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const renewing = (async () => {
    for (;;) {
      await sleep(everyMs, ended.signal).catch(() => undefined);
      if (ended.signal.aborted) return;
      await queue.renew(delivery, ended.signal).catch((error: unknown) => {
        if (!ended.signal.aborted) onFailed(delivery, error);
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
