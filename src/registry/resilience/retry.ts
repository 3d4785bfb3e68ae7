import type { Clock } from "../../async/clock.ts";
import { recategorized, RegistryError } from "../../oci/errors/registry-error.ts";
import type { RegistryOperation } from "../../oci/errors/registry-error.ts";
import { retryPolicy } from "./retry-policy.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import type { SharedLimits } from "./shared-limits.ts";
import { StallError } from "../../oci/errors/stall-error.ts";

/** Tries that end by our own timeouts: each has cost so much time that more of them are the queue's business. */
const MAX_STALLS = 2;

export interface RetryOptions {
  readonly operation: RegistryOperation;
  readonly limits: SharedLimits;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/**
 * Runs `attempt` again after failures that pass, as the operation's policy and the registry's budget allow. A failure
 * that did not pass in time is deferred: the queue is the second and last layer of retries.
 */
export async function withRetry<T>(
  attempt: (tries: number) => Promise<T>,
  { operation, limits, clock, random, signal }: RetryOptions,
): Promise<T> {
  const policy = retryPolicy(limits.retryPolicies, operation);
  let stalls = 0;
  for (let tries = 1; ; tries++) {
    await limits.busyGate.wait(signal);
    try {
      const response = await attempt(tries);
      limits.retries.earn();
      return response;
    } catch (error) {
      // What was never sent, and what was given up, is no failure that another try could mend.
      if (!(error instanceof RegistryError)) throw error;
      limits.retries.earn();
      await reportBusy(error, limits, signal);
      const waitMs = retryDelayMs(error, tries, policy, random);
      if (waitMs === undefined) throw error;
      stalls += stallOf(error);
      if (tries >= policy.tries || stalls === MAX_STALLS || !limits.retries.spend()) throw exhausted(error);
      await clock.sleep(waitMs, signal);
    }
  }
}

/** How long to wait before trying again in place, in milliseconds; undefined when that makes no sense. */
export function retryDelayMs(
  error: RegistryError,
  tries: number,
  { baseMs, busyMs }: RetryPolicy,
  random: () => number,
): number | undefined {
  if (error.category === "transient") return random() * baseMs * 2 ** tries;
  if (!isBusy(error)) return undefined;
  const asked = error.retryAfterMs;
  // A moment is often enough; the longest wait is for what stays busy.
  if (asked === undefined) return random() * Math.min(busyMs, baseMs * 4 ** tries);
  return asked <= busyMs ? asked + random() * baseMs : undefined;
}

async function reportBusy(error: RegistryError, { busyGate, rate }: SharedLimits, signal: AbortSignal): Promise<void> {
  if (isBusy(error)) busyGate.close(error.retryAfterMs ?? 0);
  if (error.status === 429) await rate.refused(error.retryAfterMs ?? 0, signal);
}

/** 1 for a try that ended by our own timeouts. */
function stallOf({ cause }: RegistryError): number {
  return cause instanceof StallError ? 1 : 0;
}

/** The registry is there and wants to be asked more slowly. */
function isBusy({ category, status }: RegistryError): boolean {
  return category === "deferred" && (status === 429 || status === 503);
}

function exhausted(error: RegistryError): RegistryError {
  return error.category === "transient" ? recategorized(error, "deferred") : error;
}
