import type { Clock } from "../oci/clock.ts";
import { recategorized, RegistryError } from "../oci/registry-error.ts";
import type { RegistryOperation } from "../oci/registry-error.ts";
import { retryPolicy } from "./retry-policy.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import type { Traffic } from "./traffic.ts";

export interface Retry {
  readonly operation: RegistryOperation;
  readonly traffic: Traffic;
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
  { operation, traffic, clock, random, signal }: Retry,
): Promise<T> {
  const policy = retryPolicy(traffic.retryPolicies, operation);
  for (let tries = 1; ; tries++) {
    await traffic.pace.turn(signal);
    try {
      const answer = await attempt(tries);
      traffic.retries.earn();
      return answer;
    } catch (error) {
      // What was never sent, and what was given up, is no failure that another try could mend.
      if (!(error instanceof RegistryError)) throw error;
      traffic.retries.earn();
      if (isBusy(error)) traffic.pace.busy(error.retryAfterMs ?? 0);
      if (error.status === 429) await traffic.rate.refused(error.retryAfterMs ?? 0);
      const waitMs = waitAfter(error, tries, policy, random);
      if (waitMs === undefined) throw error;
      if (tries >= policy.tries || !traffic.retries.spend()) throw exhausted(error);
      await clock.sleep(waitMs, signal);
    }
  }
}

/** How long to wait before trying again in place, in milliseconds; undefined when that makes no sense. */
export function waitAfter(
  error: RegistryError,
  tries: number,
  { baseMs, busyMs }: RetryPolicy,
  random: () => number,
): number | undefined {
  if (error.category === "transient") return random() * baseMs * 2 ** tries;
  if (!isBusy(error)) return undefined;
  const asked = error.retryAfterMs;
  if (asked === undefined) return random() * busyMs;
  return asked <= busyMs ? asked + random() * baseMs : undefined;
}

/** The registry is there and wants to be asked more slowly. */
function isBusy({ category, status }: RegistryError): boolean {
  return category === "deferred" && (status === 429 || status === 503);
}

function exhausted(error: RegistryError): RegistryError {
  return error.category === "transient" ? recategorized(error, "deferred") : error;
}
