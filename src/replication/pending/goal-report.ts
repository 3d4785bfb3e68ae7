import type { Receipt } from "../outcome/receipt.ts";
import { endAnnouncement } from "./announcement.ts";
import type { Announcement } from "./announcement.ts";
import { countsFrom, pendingMs } from "./pending-push.ts";
import type { PendingPush } from "./pending-push.ts";

/** So many percent of accepted pushes within so many milliseconds. */
export interface Goal {
  readonly percent: number;
  readonly withinMs: number;
}

/** From `from` on, and before `until`; epoch milliseconds. A push belongs to the time from which it counts. */
export interface Period {
  readonly from: number;
  readonly until: number;
}

/** How well one destination met the goal in a period. */
export interface GoalReport {
  readonly destination: string;
  /** Accepted pushes that were to be copied: all of the numbers below but `skipped` and `pending`. */
  readonly counted: number;
  readonly inTime: number;
  readonly late: number;
  readonly failed: number;
  /** Still pending, and late already. */
  readonly pendingLate: number;
  /** Still pending, and not late yet: they do not count. */
  readonly pending: number;
  /** Nothing was to be copied: they do not count. */
  readonly skipped: number;
  /** Percent in time; 100 without pushes. */
  readonly percent: number;
  /** Share of the error budget that was used; above 1, the goal is missed. */
  readonly budgetUsed: number;
  /** Seconds of those that arrived, in time or late: the value that so many percent do not exceed. Absent without any. */
  readonly lagSeconds?: { readonly p50: number; readonly p95: number; readonly p99: number; readonly most: number };
}

/** Counts receipts of accepted pushes. The order does not matter, and a repeated receipt counts once. */
export function createGoalCounter(goal: Goal, { from, until }: Period) {
  const ends = new Map<string, Announcement>();
  const waiting = new Map<string, { pending: number; late: number }>();
  const isIn = (at: number): boolean => at >= from && at < until;
  return {
    add(receipt: Receipt): void {
      const end = endAnnouncement(receipt, goal.withinMs);
      if (end !== undefined && isIn(receipt.countsFrom ?? 0)) ends.set(end.id, end);
    },
    addPending(push: PendingPush, now: number): void {
      if (!isIn(countsFrom(push))) return;
      const known = waiting.get(push.destination) ?? { pending: 0, late: 0 };
      known[pendingMs(push, now) > goal.withinMs ? "late" : "pending"]++;
      waiting.set(push.destination, known);
    },
    report(destination: string): GoalReport {
      const own = [...ends.values()].filter((end) => end.destination === destination);
      return reportOf(destination, own, waiting.get(destination) ?? { pending: 0, late: 0 }, goal);
    },
  };
}

function reportOf(
  destination: string,
  ends: readonly Announcement[],
  { pending, late: pendingLate }: { readonly pending: number; readonly late: number },
  goal: Goal,
): GoalReport {
  const count = (type: Announcement["type"]): number => ends.filter((end) => end.type === type).length;
  const [inTime, late, failed, skipped] = [
    count("Replicated"),
    count("LateArrived"),
    count("Failed"),
    count("Skipped"),
  ];
  const counted = inTime + late + failed + pendingLate;
  const missed = counted - inTime;
  const allowed = (counted * (100 - goal.percent)) / 100;
  const lags = ends
    .filter(({ type }) => type === "Replicated" || type === "LateArrived")
    .map(({ lagSeconds }) => lagSeconds)
    .toSorted((a, b) => a - b);
  const most = lags.at(-1);
  return {
    destination,
    counted,
    inTime,
    late,
    failed,
    pendingLate,
    pending,
    skipped,
    percent: counted === 0 ? 100 : (100 * inTime) / counted,
    budgetUsed: missed === 0 ? 0 : missed / allowed,
    ...(most === undefined
      ? {}
      : { lagSeconds: { p50: rank(lags, 50), p95: rank(lags, 95), p99: rank(lags, 99), most } }),
  };
}

/** The nearest rank of a percentile among sorted values; 0 without any. */
export function rank(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(Math.ceil((percent / 100) * sorted.length) - 1, 0)] ?? 0;
}
