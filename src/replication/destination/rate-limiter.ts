import type { Clock } from "../../async/clock.ts";
import { RateExceededError } from "../../oci/errors/rate-exceeded-error.ts";
import type { RatePolicy, RateRecord } from "./rate-record.ts";
import { cutRate, takeRequests } from "./rate-record.ts";
import { createSingleFlight } from "../../async/single-flight.ts";
import { StoreError } from "../state/record-store.ts";
import type { RecordStore } from "../state/record-store.ts";

/** One process's share of the request rate that all processes send to a destination. */
export interface RateLimit {
  /** Waits until one more request may be sent. @throws {RateExceededError} when the wait would exceed its limit. */
  acquire(signal: AbortSignal): Promise<void>;
  /** Takes a slot without waiting; false when none is free. */
  tryAcquire(): boolean;
  /** The destination throttled a request: reduces the shared rate. Best effort; skipped when the signal is aborted first. */
  refused(retryAfterMs: number, signal: AbortSignal): Promise<void>;
}

export interface RateLimitOptions {
  readonly store: RecordStore<RateRecord>;
  /** The destination's name. */
  readonly key: string;
  readonly policy: RatePolicy;
  readonly clock: Clock;
  /** Low priority: leaves the burst to live copies. */
  readonly yields: boolean;
  /** Longest wait for a slot, in milliseconds; short where the caller can re-queue its work. */
  readonly maxWaitMs?: number | undefined;
}

/** Requests reserved at once. The size starts at `first`, doubles while batches are free at once, and halves when they are not. */
const BATCH = { first: 16, least: 4, most: 128 } as const;
/** An unused batch expires after this long, in milliseconds: later, it would exceed the shared rate. */
const BATCH_LASTS_MS = 5_000;
/** Longest wait for a slot, in milliseconds. A longer wait is better and cheaper in the queue, and a lease must outlast it. */
const WAIT_MAX_MS = 10_000;
const YIELDING_WAIT_MAX_MS = 3_000;

export function createRateLimit({ store, key, policy, clock, yields, ...waits }: RateLimitOptions): RateLimit {
  let batch = { left: 0, from: 0, until: 0 };
  let size: number = BATCH.first;

  async function take(signal: AbortSignal): Promise<void> {
    // Requests left over from the last batch show that it was too large.
    if (batch.left > 0) size = Math.max(size - batch.left, BATCH.least);
    const count = size;
    const maxWaitMs = waits.maxWaitMs ?? (yields ? YIELDING_WAIT_MAX_MS : WAIT_MAX_MS);
    const answer = await store
      .update(key, (record) => takeRequests(record, { count, maxWaitMs, yields, now: clock.now() }, policy), signal)
      .catch((error: unknown) => {
        if (!(error instanceof StoreError)) throw error;
        // Without the store, the use by other processes is unknown: take one batch and continue.
        return { kind: "taken", from: clock.now() } as const;
      });
    if (answer.kind === "refused") {
      // Low-priority callers rarely get a batch, so theirs must be large enough to be useful.
      size = yields ? BATCH.first : BATCH.least;
      throw new RateExceededError(key, answer.afterMs);
    }
    const waitMs = answer.from - clock.now();
    size = waitMs > 0 ? Math.max(Math.floor(size / 2), BATCH.least) : Math.min(size * 2, BATCH.most);
    batch = { left: count, from: answer.from, until: Math.max(answer.from, clock.now()) + BATCH_LASTS_MS };
  }

  /** Concurrent waiters share one reservation. */
  const taking = createSingleFlight<void>();

  return {
    async acquire(signal) {
      while (batch.left === 0 || clock.now() > batch.until) {
        await taking.run(key, take, signal);
      }
      batch.left--;
      const waitMs = batch.from - clock.now();
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    },
    tryAcquire() {
      const now = clock.now();
      if (batch.left === 0 || now > batch.until || now < batch.from) return false;
      batch.left--;
      return true;
    },
    async refused(retryAfterMs, signal) {
      batch = { left: 0, from: 0, until: 0 };
      await store
        .update(key, (record) => cutRate(record, retryAfterMs, clock.now(), policy), signal)
        .catch((error: unknown) => {
          if (!(error instanceof StoreError) && !signal.aborted) throw error;
        });
    },
  };
}
