/** Limits retries or hedges to a share of all requests. */
export interface RetryBudget {
  /** Counts a request, which adds its share to the budget. */
  earn(): void;
  /** Takes one extra request from the budget; false when it is exhausted. */
  spend(): boolean;
}

export interface RetryBudgetOptions {
  /** Extra requests per request, for example 0.1. */
  readonly share: number;
  /** Extra requests at the start, and at most: so that a few requests can be retried, too. */
  readonly reserve: number;
}

/** A token bucket (AWS Builders' Library, "Timeouts, retries, and backoff with jitter"). */
export function createRetryBudget({ share, reserve }: RetryBudgetOptions): RetryBudget {
  let tokens = reserve;
  return {
    earn() {
      tokens = Math.min(tokens + share, reserve);
    },
    spend() {
      if (tokens < 1) return false;
      tokens--;
      return true;
    },
  };
}
