import type { Clock } from "../../async/clock.ts";

export interface Hedge<T> {
  /** Called once, when the first request is late: whether a second one may be sent. */
  readonly mayHedge: () => boolean;
  readonly clock: Clock;
  /** Milliseconds after which the first request is late. */
  readonly afterMs: number;
  /** Discards the response of the slower request. */
  readonly discard: (late: T) => Promise<void>;
}

/** A request that was sent, and that can be aborted alone. */
export interface Attempt<T> {
  readonly outcome: Promise<T>;
  abort(reason: Error): void;
}

/**
 * Sends a request a second time when the first is late, and returns the first success (Dean and Barroso, "The Tail at Scale"). Only
 * for requests that change nothing. The other request is aborted. When both fail, the failure of the first is thrown.
 */
export async function hedged<T>(
  attempt: () => Attempt<T>,
  { mayHedge, clock, afterMs, discard }: Hedge<T>,
): Promise<T> {
  const first = attempt();
  if (!(await isSlow(first.outcome, afterMs, clock)) || !mayHedge()) return first.outcome;
  const second = attempt();
  const winner = await Promise.any([first, second].map((each) => each.outcome.then(() => each))).catch(() => first);
  const loser = winner === first ? second : first;
  loser.abort(new Error("the other one of two requests was answered first"));
  void loser.outcome.then(discard).catch(() => undefined);
  return winner.outcome;
}

/** True when the outcome takes longer than `afterMs`. */
function isSlow(outcome: Promise<unknown>, afterMs: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(afterMs, () => resolve(true));
    const quick = (): void => {
      cancel();
      resolve(false);
    };
    outcome.then(quick, quick);
  });
}
