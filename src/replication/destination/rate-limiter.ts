import type { Clock } from "../../async/clock.ts";
import { RateExceededError } from "../../oci/errors/rate-exceeded-error.ts";
import type { RatePolicy, RateRecord } from "./rate-record.ts";
import { cutRate, takeRequests } from "./rate-record.ts";
import { createSingleFlight } from "../../async/single-flight.ts";
import { StoreError } from "../state/record-store.ts";
import type { RecordStore } from "../state/record-store.ts";

/** How many requests a destination is sent, by everybody together: one process's share of it. */
export interface RateLimit {
  /** Waits until one more request may be sent. @throws {RateExceededError} when that would take too long. */
  turn(signal: AbortSignal): Promise<void>;
  /** Takes a turn that is free at once; false when there is none. */
  tryTurn(): boolean;
  /** The destination refused a request because there were too many. Never fails; not told when the signal is aborted first. */
  refused(retryAfterMs: number, signal: AbortSignal): Promise<void>;
}

export interface RateLimitOptions {
  readonly store: RecordStore<RateRecord>;
  /** The destination's name. */
  readonly key: string;
  readonly policy: RatePolicy;
  readonly clock: Clock;
  /** Leave what may be sent at once to those who are in a hurry. */
  readonly yields: boolean;
  /** Longest wait for a turn, in milliseconds; short where a queue waits better. */
  readonly maxWaitMs?: number | undefined;
}

/** Requests taken at once: the first lot; between the bounds, more as long as there is no wait, fewer when there is. */
const LOT = { first: 16, least: 4, most: 128 } as const;
/** A lot that was not used by then is lost: it would come on top of what others took. Milliseconds. */
const LOT_LASTS_MS = 5_000;
/** Longest wait for a turn, in milliseconds: the queue waits better, and for nothing. Shorter than what a lease allows. */
const WAIT_MAX_MS = 10_000;
const YIELDING_WAIT_MAX_MS = 3_000;

export function createRateLimit({ store, key, policy, clock, yields, ...waits }: RateLimitOptions): RateLimit {
  let lot = { left: 0, from: 0, until: 0 };
  let size: number = LOT.first;

  async function take(signal: AbortSignal): Promise<void> {
    // What was not used of the last one is not needed.
    if (lot.left > 0) size = Math.max(size - lot.left, LOT.least);
    const count = size;
    const maxWaitMs = waits.maxWaitMs ?? (yields ? YIELDING_WAIT_MAX_MS : WAIT_MAX_MS);
    const answer = await store
      .update(key, (record) => takeRequests(record, { count, maxWaitMs, yields, now: clock.now() }, policy), signal)
      .catch((error: unknown) => {
        if (!(error instanceof StoreError)) throw error;
        // Without the store we do not know what others do: a lot as at the very beginning.
        return { kind: "taken", from: clock.now() } as const;
      });
    if (answer.kind === "refused") {
      // Who yields seldom gets a lot: then it is one with which something can be done.
      size = yields ? LOT.first : LOT.least;
      throw new RateExceededError(key, answer.afterMs);
    }
    const waitMs = answer.from - clock.now();
    size = waitMs > 0 ? Math.max(Math.floor(size / 2), LOT.least) : Math.min(size * 2, LOT.most);
    lot = { left: count, from: answer.from, until: Math.max(answer.from, clock.now()) + LOT_LASTS_MS };
  }

  /** One lot for all who wait for one. */
  const taking = createSingleFlight<void>();

  return {
    async turn(signal) {
      while (lot.left === 0 || clock.now() > lot.until) {
        await taking.run(key, take, signal);
      }
      lot.left--;
      const waitMs = lot.from - clock.now();
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    },
    tryTurn() {
      const now = clock.now();
      if (lot.left === 0 || now > lot.until || now < lot.from) return false;
      lot.left--;
      return true;
    },
    async refused(retryAfterMs, signal) {
      lot = { left: 0, from: 0, until: 0 };
      await store
        .update(key, (record) => cutRate(record, retryAfterMs, clock.now(), policy), signal)
        .catch((error: unknown) => {
          if (!(error instanceof StoreError) && !signal.aborted) throw error;
        });
    },
  };
}
