import type { Clock } from "../../async/clock.ts";
import { createRetryBudget } from "./retry-budget.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { createLatencyEstimate } from "./latency-estimate.ts";
import type { LatencyEstimate } from "./latency-estimate.ts";
import { createSemaphore } from "../../async/semaphore.ts";
import type { Semaphore } from "../../async/semaphore.ts";
import { createBusyGate } from "./busy-gate.ts";
import type { BusyGate } from "./busy-gate.ts";
import type { RetryPolicies } from "./retry-policy.ts";
import { systemClock } from "../../async/system-clock.ts";
import type { BodyLimit } from "./body-limit.ts";

/** What everybody who talks to one registry in this process shares: how often to repeat, and when to hold back. */
export interface SharedLimits {
  readonly retryPolicies: RetryPolicies;
  /** At most a tenth of the requests are retries. */
  readonly retries: RetryBudget;
  /** At most a twentieth of the requests are hedges. */
  readonly hedges: RetryBudget;
  readonly latency: LatencyEstimate;
  readonly busyGate: BusyGate;
  readonly rate: SharedRate;
  /** Blobs being read. */
  readonly openStreams: Set<object>;
  /** Ranges held in memory: {@link MAX_BUFFERED_RANGES} at most, whatever is copied. */
  readonly bufferedRanges: Semaphore;
  /** How large the body of a request may be, as far as it has shown. */
  readonly bodyLimit: BodyLimit;
}

/** How many requests a registry is sent by everybody who shares it, wherever they run. */
export interface SharedRate {
  /** Waits until one more request may be sent. @throws {RateExceededError} when that would take too long. */
  turn(signal: AbortSignal): Promise<void>;
  /** Takes a turn that is free at once; false when there is none. Where it is absent, nothing is sent in addition. */
  tryTurn?(): boolean;
  /** The registry answered that there were too many (429), and when it wants more, in milliseconds. */
  refused(retryAfterMs: number, signal: AbortSignal): Promise<void>;
}

export interface SharedLimitsOptions {
  readonly retryPolicies?: RetryPolicies | undefined;
  /** Send requests that read a second time when they are unusually slow. */
  readonly hedging?: boolean;
  /** The registry asked for fewer requests. */
  readonly onBusy?: () => void;
  /** The rate that this process shares with others; without it, the process sends as it can. */
  readonly rate?: SharedRate | undefined;
  /** The system's, outside of tests. */
  readonly clock?: Clock;
}

/** Of 4 MiB each. */
const MAX_BUFFERED_RANGES = 16;
const UNLIMITED: SharedRate = {
  turn: () => Promise.resolve(),
  tryTurn: () => true,
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
    bufferedRanges: createSemaphore(MAX_BUFFERED_RANGES),
    bodyLimit: { smallestRefusedBytes: Number.POSITIVE_INFINITY },
  };
}
