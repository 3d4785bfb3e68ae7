import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countWindow, NO_CALLS, timeWindow } from "../../../src/replication/destination/sliding-window.ts";
import type { Bucket } from "../../../src/replication/destination/sliding-window.ts";

const calls = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 20_000 }), failed: fc.boolean(), slow: fc.boolean() }),
  { maxLength: 60 },
);

/** Adds one call after another; `at` are their moments. */
function play(
  window: ReturnType<typeof timeWindow>,
  events: readonly { afterMs: number; failed: boolean; slow: boolean }[],
) {
  let now = 1_000_000;
  let buckets: Bucket[] = [];
  const at: number[] = [];
  for (const { afterMs, failed, slow } of events) {
    now += afterMs;
    at.push(now);
    buckets = window.add(buckets, { calls: 1, failures: Number(failed), slow: Number(slow) }, now);
  }
  return { buckets, now, at };
}

describe("a window by time", () => {
  const window = timeWindow({ bucketMs: 5_000, buckets: 12 });

  it("counts all of the last 55 seconds, and nothing older than a minute", () => {
    fc.assert(
      fc.property(calls, (events) => {
        const { buckets, now, at } = play(window, events);
        const total = window.total(buckets, now).calls;
        expect(total).toBeGreaterThanOrEqual(at.filter((moment) => moment > now - 55_000).length);
        expect(total).toBeLessThanOrEqual(at.filter((moment) => moment > now - 60_000).length);
      }),
    );
  });

  it("keeps a bounded number of buckets, however many calls come", () => {
    fc.assert(
      fc.property(calls, (events) => {
        expect(play(window, events).buckets.length).toBeLessThanOrEqual(12);
      }),
    );
  });

  it("P30: is empty after a pause longer than itself, whatever was before", () => {
    fc.assert(
      fc.property(calls, fc.integer({ min: 60_000, max: 1e12 }), (events, restMs) => {
        const { buckets, now } = play(window, events);
        expect(window.total(buckets, now + restMs)).toEqual(NO_CALLS);
      }),
    );
  });
});

describe("a window by count", () => {
  const window = countWindow({ calls: 10, maxAgeMs: 600_000 });

  it("counts at least the last N calls, if there were as many, and drops older buckets", () => {
    fc.assert(
      fc.property(calls, (events) => {
        const { buckets, now, at } = play(window, events);
        const recent = at.filter((moment) => moment > now - 590_000).length;
        expect(window.total(buckets, now).calls).toBeGreaterThanOrEqual(Math.min(recent, 10));
        const largest = Math.max(0, ...buckets.map((bucket) => bucket.calls));
        expect(window.total(buckets, now).calls).toBeLessThan(10 + Math.max(largest, 1));
      }),
    );
  });

  it("P30: drops what is older than its maximum age, however few calls followed", () => {
    fc.assert(
      fc.property(calls, fc.integer({ min: 600_000, max: 1e12 }), (events, restMs) => {
        const { buckets, now } = play(window, events);
        expect(window.total(buckets, now + restMs)).toEqual(NO_CALLS);
      }),
    );
  });
});
