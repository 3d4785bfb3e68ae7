import { hasBad } from "./circuit.ts";
import { NO_CALLS, sum } from "./sliding-window.ts";
import type { Counts } from "./sliding-window.ts";

/** How a call to the destination ended, as the circuit counts it. */
export type CallOutcome = "read" | "written" | "failed" | "slow";

/** Counts the calls of one process and reports them in batches: the circuit's record is one item that every process writes. */
export interface BufferedCounts {
  note(outcome: CallOutcome, repository: string, signal: AbortSignal): Promise<void>;
  /** Reports what is buffered, if it contains failures or is due. */
  flush(signal: AbortSignal): Promise<void>;
}

export interface BufferedCountsOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly report: (counts: Counts, signal: AbortSignal) => Promise<void>;
  /** The window has failures, from this process or another: then successes must be counted as well. */
  readonly isTroubled: () => boolean;
}

/** Shortest interval between reports with failures, and between reports of successes while there are failures; milliseconds. */
const REPORT_FAILURES_MS = 1_000;
const REPORT_SUCCESSES_MS = 5_000;

export function createBufferedCounts({ now, report, isTroubled }: BufferedCountsOptions): BufferedCounts {
  let buffered: Counts = NO_CALLS;
  let since = now();
  let reportedAt = -Infinity;

  async function reportAll(signal: AbortSignal): Promise<void> {
    const counts = buffered;
    buffered = NO_CALLS;
    since = reportedAt = now();
    await report(counts, signal);
  }

  /** Drops old successes: counted later, they would hide a failure rate that is too high. */
  function dropOld(): void {
    if (hasBad(buffered) || now() - since < REPORT_SUCCESSES_MS) return;
    buffered = NO_CALLS;
    since = now();
  }

  const isDue = (): boolean => isTroubled() && buffered.calls > 0 && now() - reportedAt >= REPORT_SUCCESSES_MS;
  return {
    async note(outcome, repository, signal) {
      if (!isTroubled()) dropOld();
      const counts = countsOf(outcome, repository);
      buffered = sum(buffered, counts);
      if (hasBad(counts) ? now() - reportedAt >= REPORT_FAILURES_MS : isDue()) await reportAll(signal);
    },
    async flush(signal) {
      if (hasBad(buffered) || isDue()) await reportAll(signal);
    },
  };
}

export function countsOf(outcome: CallOutcome, repository: string): Counts {
  const failures = Number(outcome === "failed");
  const slow = Number(outcome === "slow");
  if (failures + slow === 0) return { calls: 1, failures, slow };
  return { calls: 1, failures, slow, repositories: [{ repository, failures, slow }] };
}
