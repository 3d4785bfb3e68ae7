import { worstCount } from "./repository-failures.ts";
import type { Counts } from "./sliding-window.ts";

/** When a circuit opens. */
export interface CircuitThresholds {
  /** With fewer calls than this, the destination counts as healthy. */
  readonly minimumCalls: number;
  /** Shares of failed and of slow calls, from 0 to 1, at which the circuit opens. */
  readonly failureRate: number;
  readonly slowRate: number;
}

/** `suspected`: the failure rate is too high, but because of one repository alone. */
export type DestinationHealth = "healthy" | "suspected" | "unavailable";

/**
 * Derives a destination's health from a window of calls. It is unavailable when the share of failed or slow calls is too
 * high even without its worst repository: one broken repository, however busy, says nothing about the others.
 */
export function destinationHealth(
  total: Counts,
  { minimumCalls, failureRate, slowRate }: CircuitThresholds,
): DestinationHealth {
  if (total.calls < minimumCalls) return "healthy";
  const health = [healthBy("failures", total, failureRate), healthBy("slow", total, slowRate)];
  if (health.includes("unavailable")) return "unavailable";
  return health.includes("suspected") ? "suspected" : "healthy";
}

function healthBy(kind: "failures" | "slow", total: Counts, rate: number): DestinationHealth {
  if (total[kind] === 0 || total[kind] < total.calls * rate) return "healthy";
  const worst = worstCount(kind, total.repositories);
  const others = total[kind] - worst;
  return others > 0 && others >= (total.calls - worst) * rate ? "unavailable" : "suspected";
}
