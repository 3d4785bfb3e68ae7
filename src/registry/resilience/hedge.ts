import type { Clock } from "../../async/clock.ts";
import { linkAbort } from "../../async/linked-abort.ts";
import type { LinkedAbort } from "../../async/linked-abort.ts";

export interface Hedge<T> {
  /** Called once, when the first request is late: whether a second one may be sent. */
  readonly mayHedge: () => boolean;
  readonly clock: Clock;
  /** Milliseconds after which the first request is late. */
  readonly afterMs: number;
  /** Discards the response of the slower request. */
  readonly discard: (late: T) => Promise<void>;
}

/**
 * Sends a request a second time when the first is late, and returns the first success (Dean and Barroso, "The Tail at Scale"). Only
 * for requests that change nothing. Each attempt may also abort itself. The other request is aborted. When both fail, the failure of the first is thrown.
 */
export async function hedged<T>(
  attempt: (abort: LinkedAbort) => Promise<T>,
  { mayHedge, clock, afterMs, discard }: Hedge<T>,
  signal: AbortSignal,
): Promise<T> {
  const first = run(attempt, signal);
  if (!(await isSlow(first.outcome, afterMs, clock)) || !mayHedge()) return first.outcome;
  const second = run(attempt, signal);
  const winner = await Promise.any([first, second].map((each) => each.outcome.then(() => each))).catch(() => first);
  const loser = winner === first ? second : first;
  loser.abort.abort(new Error("the other one of two requests was answered first"));
  void loser.outcome.then(discard).catch(() => undefined);
  return winner.outcome;
}

interface Run<T> {
  readonly abort: LinkedAbort;
  readonly outcome: Promise<T>;
}

function run<T>(attempt: (abort: LinkedAbort) => Promise<T>, signal: AbortSignal): Run<T> {
  const abort = linkAbort(signal);
  return { abort, outcome: runLinked(attempt, abort) };
}

async function runLinked<T>(attempt: (abort: LinkedAbort) => Promise<T>, abort: LinkedAbort): Promise<T> {
  using _linked = abort;
  return await attempt(abort);
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
