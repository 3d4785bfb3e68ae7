import type { Clock } from "../../async/clock.ts";
import { createRetryBudget } from "./retry-budget.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { createLatencyEstimate } from "./latency-estimate.ts";
import type { LatencyEstimate } from "./latency-estimate.ts";
import { createBusyGate } from "./busy-gate.ts";
import type { BusyGate } from "./busy-gate.ts";
import type { RetryPolicies } from "./retry-policy.ts";
import { systemClock } from "../../async/system-clock.ts";
import type { BodyLimit } from "./body-limit.ts";

/** Limits that all clients of one registry in a process share. */
export interface SharedLimits {
  readonly retryPolicies: RetryPolicies;
  /** At most a tenth of the requests are retries. */
  readonly retries: RetryBudget;
  /** At most a twentieth of the requests are hedges. */
  readonly hedges: RetryBudget;
  readonly latency: LatencyEstimate;
  readonly busyGate: BusyGate;
  readonly rate: SharedRate;
  /** One object for each blob that is being read. */
  readonly openStreams: Set<object>;
  /** How large the body of a request may be, as far as responses have shown. */
  readonly bodyLimit: BodyLimit;
}

/** The rate of requests to a registry, shared by all processes that use it. */
export interface SharedRate {
  /** Waits until one more request may be sent. @throws {RateExceededError} when that would take too long. */
  acquire(signal: AbortSignal): Promise<void>;
  /** Takes a slot if one is free now. Without this method, no request to the registry is hedged. */
  tryAcquire?(): boolean;
  /** Reports a 429, and how long the registry asked to wait, in milliseconds. */
  refused(retryAfterMs: number, signal: AbortSignal): Promise<void>;
}

export interface SharedLimitsOptions {
  readonly retryPolicies?: RetryPolicies | undefined;
  /** Sends a read a second time when it is unusually slow. */
  readonly hedging?: boolean;
  /** Called when the registry answers that it is busy (429, 503). */
  readonly onBusy?: () => void;
  /** Unlimited by default. */
  readonly rate?: SharedRate | undefined;
  /** The system clock by default; tests pass another one. */
  readonly clock?: Clock;
}

const UNLIMITED: SharedRate = {
  acquire: () => Promise.resolve(),
  tryAcquire: () => true,
  refused: () => Promise.resolve(),
};
const NEVER: RetryBudget = { earn: () => undefined, spend: () => false };

export function createSharedLimits({
  retryPolicies,
  hedging = true,
  onBusy,
  rate,
  clock = systemClock,
}: SharedLimitsOptions = {}): SharedLimits {
  return {
    retryPolicies: retryPolicies ?? { preset: "standard" },
    retries: createRetryBudget({ share: 0.1, reserve: 20 }),
    hedges: hedging ? createRetryBudget({ share: 0.05, reserve: 5 }) : NEVER,
    latency: createLatencyEstimate(),
    busyGate: createBusyGate(clock, onBusy),
    rate: rate ?? UNLIMITED,
    openStreams: new Set(),
    bodyLimit: { smallestRefusedBytes: Number.POSITIVE_INFINITY },
  };
}
