/**
 * Budgets of the work of one tag by the code of the copy function, one tag after another on open connections. `test/budgets` counts it, and the counts
 * of two runs differ by less than 1 %, on a busy machine by up to 6 %: bytes arrive in more pieces. Raise one only with the reason in the commit.
 */
export interface WorkBudget {
  /** Requests to the source and to the target: exactly as many. */
  readonly requests: { readonly source: number; readonly target: number };
  /** Calls of functions, at most. */
  readonly calls: number;
  /** Kilobytes (1,000 bytes) allocated on V8's heap, at most. */
  readonly heapKilobytes: number;
}

export const WORK_BUDGETS = {
  /** An image with one layer of 10 KB. */
  tiny: { requests: { source: 4, target: 6 }, calls: 7_900, heapKilobytes: 450 },
  /** A tag that the target has. */
  warm: { requests: { source: 1, target: 1 }, calls: 1_450, heapKilobytes: 92 },
  /** An index of 6 platforms, each with 5 layers of 1 KB. */
  multi: { requests: { source: 44, target: 80 }, calls: 102_000, heapKilobytes: 5_000 },
} as const satisfies Record<string, WorkBudget>;
