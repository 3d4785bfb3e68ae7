import type { Clock } from "../../async/clock.ts";
import { recategorized, RegistryError } from "../../oci/errors/registry-error.ts";
import type { RegistryOperation } from "../../oci/errors/registry-error.ts";
import { retryPolicy } from "./retry-policy.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import type { SharedLimits } from "./shared-limits.ts";
import { StallError } from "../../oci/errors/stall-error.ts";

/** Number of tries that may stall. Each costs so much time that further ones are left to the queue. */
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
 * Retries `attempt` after transient failures, and while the registry is busy, within the operation's policy and the registry's
 * budget. When retries are exhausted, a transient failure becomes deferred: the queue is the second and last layer of retries.
 */
export async function withRetry<T>(
  attempt: (tries: number) => Promise<T>,
  { operation, limits, clock, random, signal }: RetryOptions,
): Promise<T> {
  const policy = retryPolicy(limits.retryPolicies, operation);
  let stalls = 0;
  for (let tries = 1; ; tries++) {
    if (limits.busyGate.isClosed()) await limits.busyGate.wait(signal);
    try {
      const response = await attempt(tries);
      limits.retries.earn();
      return response;
    } catch (error) {
      // Requests that were never sent, and aborts, are not retried.
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

/** How long to wait before a retry in place, in milliseconds; undefined when there must be none. */
export function retryDelayMs(
  error: RegistryError,
  tries: number,
  { baseMs, busyMs }: RetryPolicy,
  random: () => number,
): number | undefined {
  if (error.category === "transient") return random() * baseMs * 2 ** tries;
  if (!isBusy(error)) return undefined;
  const asked = error.retryAfterMs;
  // Start with short waits; only a registry that stays busy gets the longest.
  if (asked === undefined) return random() * Math.min(busyMs, baseMs * 4 ** tries);
  return asked <= busyMs ? asked + random() * baseMs : undefined;
}

async function reportBusy(error: RegistryError, { busyGate, rate }: SharedLimits, signal: AbortSignal): Promise<void> {
  if (isBusy(error)) busyGate.close(error.retryAfterMs ?? 0);
  if (error.status === 429) await rate.refused(error.retryAfterMs ?? 0, signal);
}

/** 1 for a try that stalled. */
function stallOf({ cause }: RegistryError): number {
  return cause instanceof StallError ? 1 : 0;
}

/** True when the registry answers, and asks for fewer requests. */
function isBusy({ category, status }: RegistryError): boolean {
  return category === "deferred" && (status === 429 || status === 503);
}

function exhausted(error: RegistryError): RegistryError {
  return error.category === "transient" ? recategorized(error, "deferred") : error;
}
