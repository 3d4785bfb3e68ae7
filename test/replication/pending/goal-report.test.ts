import { describe, expect, it } from "vitest";
import { monthOf } from "../../../src/replication/pending/month.ts";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import { Receipt } from "../../../src/replication/outcome/receipt.ts";
import { createGoalCounter } from "../../../src/replication/pending/goal-report.ts";

const GOAL = { percent: 99.9, withinMs: 300_000 };
const NOVEMBER = { from: Date.UTC(2026, 10), until: Date.UTC(2026, 11) };

function receiptOf(id: string, lagMs: number, about: object = {}): Receipt {
  const countsFrom = NOVEMBER.from + 1_000;
  const subject = { destination: "gar", repository: "app", reference: "v1", pushedAt: countsFrom };
  const times = { acceptedAt: countsFrom, countsFrom, endedAt: countsFrom + lagMs };
  return Receipt.parse({ id, traceparent: "00", ...subject, ...times, outcome: "replicated", ...about });
}

describe("the report of a month", () => {
  it("counts each accepted push once, whatever the order, and says what of the error budget is used", () => {
    const receipts = [
      ...Array.from({ length: 1_996 }, (_, index) => receiptOf(`e${index}`, index)),
      receiptOf("late", 300_001),
      receiptOf("bad", 1, { outcome: "failed", reason: "target-denied" }),
      receiptOf("none", 1, { outcome: "skipped", reason: "not-latest" }),
      receiptOf("backfill", 1, { acceptedAt: undefined, countsFrom: undefined }),
      receiptOf("december", 1, { countsFrom: NOVEMBER.until }),
      receiptOf("elsewhere", 1, { destination: "hub" }),
      receiptOf("e0", 0),
    ];
    const counter = createGoalCounter(GOAL, NOVEMBER);
    for (const receipt of receipts.toReversed()) counter.add(receipt);
    const image = { repository: parseRepositoryName("app"), reference: parseTag("v1"), destination: "gar" };
    const at = { pushedAt: NOVEMBER.from + 1_000, acceptedAt: NOVEMBER.from + 1_000 };
    counter.addPending({ id: "p1", ...image, ...at }, NOVEMBER.from + 2_000);
    counter.addPending({ id: "p2", ...image, ...at }, NOVEMBER.from + 400_000);
    counter.addPending({ id: "p3", ...image, ...at, heldUntil: NOVEMBER.until }, NOVEMBER.until);
    const report = counter.report("gar");
    expect(report).toMatchObject({ counted: 1_999, inTime: 1_996, late: 1, failed: 1, pendingLate: 1, pending: 1 });
    expect(report).toMatchObject({ skipped: 1, percent: (100 * 1_996) / 1_999 });
    expect(report.budgetUsed).toBeCloseTo(3 / 1.999, 6);
    expect(report.lagSeconds).toEqual({ p50: 0.998, p95: 1.897, p99: 1.977, most: 300.001 });
    expect(counter.report("hub")).toMatchObject({ counted: 1, percent: 100, budgetUsed: 0 });
    expect(counter.report("idle")).toEqual({
      destination: "idle",
      counted: 0,
      inTime: 0,
      late: 0,
      failed: 0,
      pendingLate: 0,
      pending: 0,
      skipped: 0,
      percent: 100,
      budgetUsed: 0,
    });
  });

  it("is of a month in UTC", () => {
    expect(monthOf("2026-11")).toEqual({ name: "2026-11", ...NOVEMBER });
    expect(monthOf("2026-12")?.until).toBe(Date.UTC(2027, 0));
    expect([monthOf("2026-13"), monthOf("11-2026"), monthOf("")]).toEqual([undefined, undefined, undefined]);
  });
});
