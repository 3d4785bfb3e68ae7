import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { RateExceededError } from "../../../src/oci/errors/rate-exceeded-error.ts";
import { createRateLimit } from "../../../src/replication/destination/rate-limiter.ts";
import type { RateLimit } from "../../../src/replication/destination/rate-limiter.ts";
import { takeRequests } from "../../../src/replication/destination/rate-record.ts";
import type { RateRecord } from "../../../src/replication/destination/rate-record.ts";
import type { RecordStore } from "../../../src/replication/state/record-store.ts";
import { createVirtualTime } from "../../fixtures/clocks/virtual-time.ts";
import { unavailableStore } from "../../fixtures/unavailable-store.ts";

const signal = new AbortController().signal;

function fleet({
  first = 50,
  most = 250,
  store = createMemoryRecordStore<RateRecord>(),
}: { first?: number; most?: number; store?: RecordStore<RateRecord> } = {}) {
  const time = createVirtualTime();
  const clock = {
    now: () => time.now(),
    sleep: (ms: number) => new Promise<void>((resolve) => void time.after(ms, resolve)),
    after: (ms: number, act: () => void) => time.after(ms, act),
  };
  const container = (yields = false): RateLimit =>
    createRateLimit({ store, key: "gar", policy: { first, most, burstMs: 10_000 }, clock, yields });
  const sent: number[] = [];
  /** A container that sends as fast as it may, and waits as the queue would when it may not. */
  async function send(
    limit: RateLimit,
    until: number,
    answer: () => number | undefined = () => undefined,
  ): Promise<void> {
    while (time.passed() < until) {
      try {
        await limit.acquire(signal);
      } catch (error) {
        if (!(error instanceof RateExceededError)) throw error;
        await clock.sleep(error.afterMs);
        continue;
      }
      sent.push(time.passed());
      const refused = answer();
      await clock.sleep(5);
      if (refused !== undefined) {
        await limit.refused(refused, signal);
        await clock.sleep(Math.max(refused, 100));
      }
    }
  }
  return { time, container, sent, send };
}

const within = (moments: readonly number[], from: number, to: number): number =>
  moments.filter((moment) => moment >= from && moment < to).length;

/** Most events in any stretch of time. */
function most(moments: readonly number[], ms: number): number {
  let start = 0;
  let most = 0;
  for (const [end, moment] of moments.entries()) {
    while ((moments[start] ?? 0) <= moment - ms) start++;
    most = Math.max(most, end - start + 1);
  }
  return most;
}

describe("the rate of a destination", () => {
  it("admits a single copy at once after a pause, after one write", async () => {
    const { time, container } = fleet();
    const limit = container();
    const slots = Promise.all(Array.from({ length: 400 }, () => limit.acquire(signal)));
    await time.run(0);
    await slots;
    expect(time.passed()).toBe(0);
  });

  it("S06: is shared by 200 containers, and never exceeds the allowed rate in a minute plus the saved burst", async () => {
    const { time, container, sent, send } = fleet({ most: 100 });
    const until = 300_000;
    const all = Array.from({ length: 200 }, () => send(container(), until));
    await time.run(until + 20_000);
    await Promise.all(all);
    expect(most(sent, 60_000)).toBeLessThanOrEqual(100 * 70);
    expect(within(sent, 120_000, 300_000) / 180).toBeGreaterThan(90);
    expect(within(sent, 120_000, 300_000) / 180).toBeLessThanOrEqual(100);
  });

  it("S06: finds an unknown limit, uses nine tenths of it, with less than one refusal in a hundred", async () => {
    const { time, container, sent, send } = fleet();
    const until = 900_000;
    const allowed = 120;
    let refusals = 0;
    const answered: number[] = [];
    const answer = (): number | undefined => {
      if (within(answered.slice(-2 * allowed), time.passed() - 1_000, Infinity) >= allowed * 1.1) {
        if (time.passed() > 300_000) refusals++;
        return 0;
      }
      answered.push(time.passed());
      return undefined;
    };
    const all = Array.from({ length: 20 }, () => send(container(), until, answer));
    await time.run(until + 30_000);
    await Promise.all(all);
    const steady = within(answered, 300_000, 900_000) / 600;
    expect(steady).toBeGreaterThan(allowed * 0.85);
    expect(refusals / within(sent, 300_000, 900_000)).toBeLessThan(0.01);
  });

  it("reserves one batch for all concurrent waiters: one that aborts does not affect the others, the last one aborts it", async () => {
    const memory = createMemoryRecordStore<RateRecord>();
    const asked: { signal: AbortSignal; go: () => void }[] = [];
    const store: RecordStore<RateRecord> = {
      read: (key, reading) => memory.read(key, reading),
      async update(key, change, taking) {
        const { promise, resolve } = Promise.withResolvers<void>();
        asked.push({ signal: taking, go: resolve });
        await promise;
        return memory.update(key, change, taking);
      },
    };
    const limit = fleet({ store }).container();
    const [first, second] = [new AbortController(), new AbortController()];
    const both = Promise.allSettled([limit.acquire(first.signal), limit.acquire(second.signal)]);
    first.abort(new Error("first"));
    expect(asked.map((each) => each.signal.aborted)).toEqual([false]);
    asked[0]?.go();
    expect((await both).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);

    const alone = fleet({ store }).container();
    const [leaves] = await Promise.all([
      Promise.allSettled([alone.acquire(second.signal)]),
      Promise.resolve().then(() => second.abort(new Error("second"))),
    ]);
    expect(leaves).toMatchObject([{ status: "rejected", reason: { message: "second" } }]);
    expect(asked[1]?.signal.aborted).toBe(true);
  });

  it("sends nothing until the time in the destination's Retry-After", async () => {
    const { time, container, sent, send } = fleet();
    const limit = container();
    await limit.acquire(signal);
    await limit.refused(30_000, signal);
    const all = Array.from({ length: 20 }, () => send(container(), 60_000));
    await time.run(90_000);
    await Promise.all(all);
    expect(Math.min(...sent)).toBeGreaterThanOrEqual(30_000);
  });

  it("is cut once for many concurrent refusals", async () => {
    const store = createMemoryRecordStore<RateRecord>();
    const { container } = fleet({ store });
    await Promise.all(Array.from({ length: 50 }, () => container().refused(0, signal)));
    const perSecond = (await store.read("gar"))?.perSecond;
    expect(perSecond).toBeCloseTo(35);
  });

  it("rejects with the time of a retry instead of waiting long", async () => {
    const { time, container } = fleet({ first: 1, most: 1 });
    const slots = Promise.allSettled(Array.from({ length: 20 }, () => container().acquire(signal)));
    await time.run(60_000);
    const answers = await slots;
    const refused = answers.filter((answer) => answer.status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(RateExceededError);
  });

  it("gives a backfill only what is left", async () => {
    const { time, container, send, sent } = fleet({ first: 20, most: 20 });
    const backfill = fleetOfBackfill(container, time);
    const all = Array.from({ length: 10 }, () => send(container(), 60_000));
    await time.run(90_000);
    await Promise.all([...all, backfill.done]);
    expect(backfill.count()).toBeLessThan(sent.length / 2);
  });

  it("keeps the saved burst for live pushes, whatever a backfill takes", () => {
    const policy = { first: 50, most: 250, burstMs: 10_000 };
    let record: RateRecord | undefined;
    let now = 1e12;
    const take = (yields: boolean): number => {
      const { next, answer } = takeRequests(record, { count: 16, now, maxWaitMs: 10_000, yields }, policy);
      record = next ?? record;
      return answer.kind === "taken" ? answer.from - now : Number.NaN;
    };
    for (let second = 0; second < 60; second++) {
      now += 1_000;
      for (let batches = 0; batches < 3; batches++) take(true);
    }
    // Ten seconds of the rate, at once, are still there but for the batches that were given to come.
    const live = Array.from({ length: 25 }, () => take(false));
    expect(Math.max(...live)).toBeLessThanOrEqual(0);
  });

  it("gives a backfill a tenth while live pushes never pause, however low the rate", async () => {
    const { time, container, send, sent } = fleet({ first: 5, most: 5 });
    const backfill = fleetOfBackfill(container, time, 600_000);
    const all = Array.from({ length: 20 }, () => send(container(), 600_000));
    await time.run(640_000);
    await Promise.all([...all, backfill.done]);
    const share = backfill.count() / (backfill.count() + sent.length);
    expect(share).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.15);
  });

  it("grows for a backfill alone, too", async () => {
    const store = createMemoryRecordStore<RateRecord>();
    const { time, container } = fleet({ store });
    const backfill = fleetOfBackfill(container, time, 120_000);
    await time.run(140_000);
    await backfill.done;
    expect((await store.read("gar"))?.perSecond).toBeGreaterThan(100);
  });

  it("continues at a low rate when the table is unavailable", async () => {
    const { container } = fleet({ store: unavailableStore() });
    await container().acquire(signal);
    await container().refused(1_000, signal);
  });

  it("reserves every moment of the rate once, for whatever callers and times", () => {
    const takes = fc.array(
      fc.record({
        count: fc.integer({ min: 1, max: 128 }),
        afterMs: fc.integer({ min: 0, max: 20_000 }),
        yields: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(takes, (list) => {
        const policy = { first: 10, most: 10, burstMs: 10_000 };
        let record: RateRecord | undefined;
        let now = 1_000_000;
        let end = -Infinity;
        for (const { count, afterMs, yields } of list) {
          now += afterMs;
          const { next, answer } = takeRequests(record, { count, now, yields, maxWaitMs: 10_000 }, policy);
          record = next ?? record;
          if (answer.kind === "refused") continue;
          const base = Math.max(end, now - policy.burstMs);
          expect(answer.from).toBeGreaterThanOrEqual(base);
          end = base + (count * 1_000) / 10;
          expect(record?.takenUntil).toBe(end);
        }
      }),
    );
  });
});

function fleetOfBackfill(
  container: (yields: boolean) => RateLimit,
  time: { passed(): number; after(ms: number, act: () => void): void },
  until = 60_000,
) {
  let count = 0;
  async function work(limit: RateLimit): Promise<void> {
    while (time.passed() < until) {
      const pause = await limit.acquire(signal).then(
        () => (count++, 5),
        (error: unknown) => (error instanceof RateExceededError ? error.afterMs : 1_000),
      );
      await new Promise<void>((resolve) => time.after(pause, resolve));
    }
  }
  const done = Promise.all(Array.from({ length: 10 }, () => work(container(true))));
  return { done, count: () => count };
}
