import * as z from "zod";
import type { Change, RecordStore } from "../state/record-store.ts";

/**
 * What pre-copies to one target repository have sent today (UTC), and what tags have used of it: what no tag uses never exceeds the
 * budget of a day. Both are bytes.
 */
export const PreCopyBudget = z.object({
  /** Days since the epoch. */
  day: z.int(),
  /** Reserved before it is sent. A send that failed counts: its bytes may be paid for. */
  sent: z.number().nonnegative(),
  used: z.number().nonnegative(),
});
export type PreCopyBudget = z.infer<typeof PreCopyBudget>;

/** The budget of pre-copies is spent: the blob is left to the copy of a tag. */
export class OverBudgetError extends Error {
  override readonly name = "OverBudgetError";
}

const DAY_MS = 86_400_000;

/** Takes bytes from the budget of today; false when it has too few. @param now epoch milliseconds. */
export function takeBytes(
  known: PreCopyBudget | undefined,
  { bytes, limitBytes, now }: { readonly bytes: number; readonly limitBytes: number; readonly now: number },
): Change<PreCopyBudget, boolean> {
  const today = budgetOf(known, now);
  const sent = today.sent + bytes;
  if (sent - today.used > limitBytes) return { answer: false };
  return { next: { ...today, sent }, answer: true };
}

/** Gives bytes back that were taken and not sent. */
export function returnBytes(known: PreCopyBudget | undefined, bytes: number, now: number): Change<PreCopyBudget, void> {
  const today = budgetOf(known, now);
  return { next: { ...today, sent: Math.max(today.sent - bytes, today.used) }, answer: undefined };
}

/** A tag has used bytes: they no longer count. Bytes sent on an earlier day give back at most what today has sent. */
export function creditBytes(known: PreCopyBudget | undefined, bytes: number, now: number): Change<PreCopyBudget, void> {
  const today = budgetOf(known, now);
  return { next: { ...today, used: Math.min(today.used + bytes, today.sent) }, answer: undefined };
}

function budgetOf(known: PreCopyBudget | undefined, now: number): PreCopyBudget {
  const day = Math.floor(now / DAY_MS);
  return known?.day === day ? known : { day, sent: 0, used: 0 };
}

/** The store of budgets, by the scope of the target repository (`destination/repository`). */
export type PreCopyBudgets = RecordStore<PreCopyBudget>;
