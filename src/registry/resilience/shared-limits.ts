import type { Clock } from "../../async/clock.ts";
import { createBudget } from "./retry-budget.ts";
import type { Budget } from "./retry-budget.ts";
import { createLatency } from "./latency-estimate.ts";
import type { Latency } from "./latency-estimate.ts";
import { createSemaphore } from "../../async/semaphore.ts";
import type { Semaphore } from "../../async/semaphore.ts";
import { createPace } from "./busy-gate.ts";
import type { Pace } from "./busy-gate.ts";
import type { RetryPolicies } from "./retry-policy.ts";
import { systemClock } from "../../async/system-clock.ts";
import type { BodyLimit } from "./body-limit.ts";

/** What everybody who talks to one registry in this process shares: how often to repeat, and when to hold back. */
export interface Traffic {
  readonly retryPolicies: RetryPolicies;
  /** At most a tenth of the requests are retries. */
  readonly retries: Budget;
  /** At most a twentieth of the requests are hedges. */
  readonly hedges: Budget;
  readonly latency: Latency;
  readonly pace: Pace;
  readonly rate: SharedRate;
  /** Blobs being read. */
  readonly streams: Set<object>;
  /** Ranges held in memory: {@link PIECES} at most, whatever is copied. */
  readonly pieces: Semaphore;
  /** How large the body of a request may be, as far as it has shown. */
  readonly bodies: BodyLimit;
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

export interface TrafficOptions {
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
const PIECES = 16;
const UNLIMITED: SharedRate = {
  turn: () => Promise.resolve(),
  tryTurn: () => true,
  refused: () => Promise.resolve(),
};
const NEVER: Budget = { earn: () => undefined, spend: () => false };

export function createTraffic({
  retryPolicies,
  hedging = true,
  onBusy,
  rate,
  clock = systemClock,
}: TrafficOptions = {}): Traffic {
  return {
    retryPolicies: retryPolicies ?? { preset: "standard" },
    retries: createBudget({ share: 0.1, reserve: 20 }),
    hedges: hedging ? createBudget({ share: 0.05, reserve: 5 }) : NEVER,
    latency: createLatency(),
    pace: createPace(clock, onBusy),
    rate: rate ?? UNLIMITED,
    streams: new Set(),
    pieces: createSemaphore(PIECES),
    bodies: { refused: Number.POSITIVE_INFINITY },
  };
}
