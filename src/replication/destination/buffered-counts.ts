import { hasBad } from "./circuit.ts";
import { NO_CALLS, sum } from "./sliding-window.ts";
import type { Counts } from "./sliding-window.ts";

/** How a call to the destination ended, as the circuit sees it. */
export type CallOutcome = "read" | "written" | "failed" | "slow";

/** What the calls of one process came to, gathered until it is told: the record is one item, and every process writes it. */
export interface BufferedCounts {
  note(outcome: CallOutcome, repository: string, signal: AbortSignal): Promise<void>;
  /** Tells what must not be forgotten. */
  flush(signal: AbortSignal): Promise<void>;
}

export interface BufferedCountsOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly report: (counts: Counts, signal: AbortSignal) => Promise<void>;
  /** Something went wrong lately, here or elsewhere: then success is evidence, too. */
  readonly isTroubled: () => boolean;
}

/** Bad calls are told at most once in so long, good ones, while there is trouble, once in so long. Milliseconds. */
const TELL_BAD_MS = 1_000;
const TELL_GOOD_MS = 5_000;

export function createBufferedCounts({ now, report, isTroubled }: BufferedCountsOptions): BufferedCounts {
  let untold: Counts = NO_CALLS;
  let since = now();
  let toldAt = -Infinity;

  async function tellAll(signal: AbortSignal): Promise<void> {
    const counts = untold;
    untold = NO_CALLS;
    since = toldAt = now();
    await report(counts, signal);
  }

  /** Successes that preceded the trouble by long would hide it. */
  function forget(): void {
    if (hasBad(untold) || now() - since < TELL_GOOD_MS) return;
    untold = NO_CALLS;
    since = now();
  }

  const isDue = (): boolean => isTroubled() && untold.calls > 0 && now() - toldAt >= TELL_GOOD_MS;
  return {
    async note(outcome, repository, signal) {
      if (!isTroubled()) forget();
      const counts = countsOf(outcome, repository);
      untold = sum(untold, counts);
      if (hasBad(counts) ? now() - toldAt >= TELL_BAD_MS : isDue()) await tellAll(signal);
    },
    async flush(signal) {
      if (hasBad(untold) || isDue()) await tellAll(signal);
    },
  };
}

export function countsOf(outcome: CallOutcome, repository: string): Counts {
  const failures = Number(outcome === "failed");
  const slow = Number(outcome === "slow");
  if (failures + slow === 0) return { calls: 1, failures, slow };
  return { calls: 1, failures, slow, culprits: [{ repository, failures, slow }] };
}
