/** Limits the time that failing comparisons of each destination may take in one invocation. */
export interface FailureBudgets {
  /** Aborted when the destination's budget is exhausted. */
  signal(destination: string): AbortSignal;
  isExhausted(destination: string): boolean;
  /** Records a comparison that failed or took too long, with its duration in milliseconds. True when it exhausts the budget. */
  spend(destination: string, ms: number): boolean;
}

/** A destination has exhausted its budget and is left out until the next invocation. */
export class BudgetExhaustedError extends Error {
  override readonly name = "BudgetExhaustedError";
}

/**
 * Time that failing comparisons of one destination may take in an invocation, in milliseconds, summed over concurrent ones:
 * enough for four listings that show nothing until they time out. A destination that refuses at once never exhausts it.
 */
const LOST_MAX_MS = 300_000;

export function createFailureBudgets(): FailureBudgets {
  const known = new Map<string, { lostMs: number; readonly out: AbortController }>();
  const of = (destination: string): { lostMs: number; readonly out: AbortController } => {
    const standing = known.get(destination) ?? { lostMs: 0, out: new AbortController() };
    known.set(destination, standing);
    return standing;
  };
  return {
    signal: (destination) => of(destination).out.signal,
    isExhausted: (destination) => of(destination).out.signal.aborted,
    spend(destination, ms) {
      const standing = of(destination);
      standing.lostMs += ms;
      if (standing.lostMs < LOST_MAX_MS || standing.out.signal.aborted) return false;
      standing.out.abort(
        new BudgetExhaustedError(`${destination} took too much time; it is compared in the next invocation`),
      );
      return true;
    },
  };
}
