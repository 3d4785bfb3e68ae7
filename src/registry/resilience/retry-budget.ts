/** A share of all requests that may be sent in addition: earned by requests, spent by retries or hedges. */
export interface RetryBudget {
  /** A request is sent because somebody needs it. */
  earn(): void;
  /** Takes one additional request; false when there is none left. */
  spend(): boolean;
}

export interface RetryBudgetOptions {
  /** Additional requests per request, for example 0.1. */
  readonly share: number;
  /** Additional requests there are from the start and that can be saved up, so that few requests can be repeated too. */
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
