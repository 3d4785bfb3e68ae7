import { worstCount } from "./repository-failures.ts";
import type { Counts } from "./sliding-window.ts";

/** From when on calls are bad enough. */
export interface CircuitThresholds {
  /** Calls below which nothing is concluded. */
  readonly minimumCalls: number;
  /** Shares of failed and of slow calls from which on the circuit opens. */
  readonly failureRate: number;
  readonly slowRate: number;
}

/** What calls say of the destination; `suspected` when it may be away, but only one repository says so. */
export type DestinationHealth = "well" | "suspected" | "away";

/**
 * Judges a window of calls. A destination is away when the share of bad calls is too high without those of its worst
 * repository, too: one broken repository, however busy, says nothing of the others.
 */
export function destinationHealth(
  total: Counts,
  { minimumCalls, failureRate, slowRate }: CircuitThresholds,
): DestinationHealth {
  if (total.calls < minimumCalls) return "well";
  const verdicts = [judgeKind("failures", total, failureRate), judgeKind("slow", total, slowRate)];
  if (verdicts.includes("away")) return "away";
  return verdicts.includes("suspected") ? "suspected" : "well";
}

function judgeKind(kind: "failures" | "slow", total: Counts, rate: number): DestinationHealth {
  if (total[kind] === 0 || total[kind] < total.calls * rate) return "well";
  const worst = worstCount(kind, total.culprits);
  const others = total[kind] - worst;
  return others > 0 && others >= (total.calls - worst) * rate ? "away" : "suspected";
}
