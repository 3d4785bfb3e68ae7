import { array, assert, integer, nat, option, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import { Receipt } from "../../../src/replication/outcome/receipt.ts";
import type { PendingPush } from "../../../src/replication/pending/pending-push.ts";
import { bucketsUntil, createSeriesCounter } from "../../../src/replication/pending/series.ts";

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 28, 12);
/** The last bucket has ten seconds. */
const NOW = NOON + 10_000;
const BUCKETS = bucketsUntil(NOW, { count: 5, bucketMs: MINUTE });

function receiptOf(id: string, acceptedAt: number | undefined, endedAt: number, about: object = {}): Receipt {
  const subject = { destination: "gar", repository: "app", reference: "v1", pushedAt: acceptedAt };
  const accepted = acceptedAt === undefined ? {} : { acceptedAt, countsFrom: acceptedAt };
  return Receipt.parse({ id, traceparent: "00", ...subject, ...accepted, endedAt, outcome: "replicated", ...about });
}

function pushOf(id: string, acceptedAt: number, destination = "gar"): PendingPush {
  const image = { repository: parseRepositoryName("app"), reference: parseTag("v1") };
  return { id, destination, ...image, pushedAt: acceptedAt, acceptedAt };
}

function seriesOf(receipts: readonly Receipt[], pushes: readonly PendingPush[] = []) {
  const counter = createSeriesCounter(BUCKETS);
  for (const push of pushes) counter.addPending(push);
  for (const receipt of receipts) counter.add(receipt);
  return counter.series("gar");
}

describe("what happened over time", () => {
  it("is in buckets that begin at whole multiples of their length, the last one with the present in it", () => {
    expect(BUCKETS).toEqual({ from: NOON - 4 * MINUTE, until: NOON + MINUTE, count: 5, bucketMs: MINUTE });
    expect(bucketsUntil(NOON, BUCKETS)).toEqual(BUCKETS);
    expect(bucketsUntil(NOON - 1, BUCKETS).until).toBe(NOON);
  });

  it("counts a push where it ended, and as pending in each bucket before", () => {
    const series = seriesOf([
      receiptOf("a", NOON - 4 * MINUTE, NOON - 4 * MINUTE + 2_000, { bytesUploaded: 10 }),
      receiptOf("b", NOON - 4 * MINUTE, NOON - 2 * MINUTE, { bytesUploaded: 5 }),
      receiptOf("c", NOON - 60 * MINUTE, NOON, { outcome: "failed", reason: "target-denied", bytesUploaded: 1 }),
      receiptOf("d", NOON - 1, NOON - 1, { outcome: "skipped", reason: "no-rule" }),
    ]);
    expect(series).toEqual({
      destination: "gar",
      arrived: [1, 0, 1, 0, 0],
      failed: [0, 0, 0, 0, 1],
      skipped: [0, 0, 0, 1, 0],
      pending: [2, 2, 1, 1, 0],
      lagP50: [2, undefined, 120, undefined, undefined],
      lagP95: [2, undefined, 120, undefined, undefined],
      bytesSent: [10, 0, 5, 0, 1],
    });
  });

  it("counts pushes that are pending now from when they were accepted, and a push of another destination elsewhere", () => {
    const pushes = [pushOf("a", NOON - 2 * MINUTE), pushOf("old", 0), pushOf("new", NOW), pushOf("x", NOW, "hub")];
    expect(seriesOf([], pushes).pending).toEqual([1, 1, 2, 2, 3]);
    // Its clock is ahead.
    expect(seriesOf([], [pushOf("ahead", NOON + 3 * MINUTE)]).pending).toEqual([0, 0, 0, 0, 1]);
  });

  it("does not miss a push that ended between the two readings, and does not count it twice", () => {
    const ended = receiptOf("a", NOON - MINUTE, NOW);
    expect(seriesOf([ended], [pushOf("a", NOON - MINUTE)]).pending).toEqual([0, 0, 0, 1, 0]);
    const endedLater = receiptOf("a", NOON - MINUTE, BUCKETS.until + 5_000, { bytesUploaded: 7 });
    expect(seriesOf([endedLater])).toMatchObject({ pending: [0, 0, 0, 1, 1], arrived: [0, 0, 0, 0, 0] });
    expect(seriesOf([endedLater]).bytesSent).toEqual([0, 0, 0, 0, 0]);
  });

  it("counts the bytes of comparisons, which are no pushes, and a request that was delivered twice as one push", () => {
    const comparison = receiptOf("c", undefined, NOON, { bytesUploaded: 100 });
    const twice = [receiptOf("a", NOON - MINUTE, NOON), receiptOf("a", NOON - MINUTE, NOON - 1)];
    const series = seriesOf([comparison, ...twice]);
    expect([series.bytesSent.at(-1), series.arrived]).toEqual([100, [0, 0, 0, 1, 0]]);
  });

  it("gives lags that so many percent of the pushes do not exceed", () => {
    const lags = Array.from({ length: 20 }, (_, index) => receiptOf(`e${index}`, NOON - index * 1_000, NOON));
    const { lagP50, lagP95 } = seriesOf(lags);
    expect([lagP50.at(-1), lagP95.at(-1)]).toEqual([9, 18]);
  });

  it("counts each push once or not at all, whatever the order, and never pends what nothing says", () => {
    const at = integer({ min: NOON - 8 * MINUTE, max: NOON + 2 * MINUTE });
    const push = record({ id: nat(9).map(String), acceptedAt: at, endedAt: option(at) });
    assert(
      property(array(push, { maxLength: 12 }), (found) => {
        const receipts = found.flatMap(({ id, acceptedAt, endedAt }) =>
          endedAt === null ? [] : [receiptOf(id, acceptedAt, Math.max(endedAt, acceptedAt), { bytesUploaded: 1 })],
        );
        const pushes = found.flatMap(({ id, acceptedAt, endedAt }) =>
          endedAt === null ? [pushOf(id, acceptedAt)] : [],
        );
        const series = seriesOf(receipts, pushes);
        expect(seriesOf(receipts.toReversed(), pushes)).toMatchObject({
          arrived: series.arrived,
          bytesSent: series.bytesSent,
        });
        const isIn = (time: number): boolean => time >= BUCKETS.from && time < BUCKETS.until;
        const first = new Map<string, number>();
        for (const { id, endedAt } of receipts)
          if (endedAt >= BUCKETS.from) first.set(id, Math.min(first.get(id) ?? Infinity, endedAt));
        const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
        expect(sum(series.arrived)).toBe([...first.values()].filter(isIn).length);
        expect(sum(series.bytesSent)).toBe(receipts.filter(({ endedAt }) => isIn(endedAt)).length);
        // At the end of the last bucket: those without an end, and those that end after it.
        const open = new Set(pushes.filter(({ id }) => !first.has(id)).map(({ id }) => id));
        const later = [...first.values()].filter((time) => time >= BUCKETS.until).length;
        expect(series.pending.at(-1)).toBeLessThanOrEqual(open.size + later);
        expect(series.pending.at(-1)).toBeGreaterThanOrEqual(open.size);
      }),
      { seed: 16, numRuns: 300 },
    );
  });
});
