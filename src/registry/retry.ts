import { setTimeout as sleep } from "node:timers/promises";
import { RegistryError } from "../oci/registry-error.ts";

/** Tries in place, the first one included. The queue is the second and last layer of retries. */
export const MAX_TRIES = 3;
/** Full jitter: a wait is uniform in [0, base * 2^n) milliseconds. */
const BASE_MS = 200;

export interface RetryOptions {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Runs `attempt` again after transient failures, up to {@link MAX_TRIES} times in all. */
export async function withRetry<T>(attempt: () => Promise<T>, { random, signal }: RetryOptions): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isTransient(error) || tries === MAX_TRIES) throw error;
      await pause(tries, { random, signal });
    }
  }
}

export function isTransient(error: unknown): error is RegistryError {
  return error instanceof RegistryError && error.category === "transient";
}

/** Waits before try `tries + 1`. @throws the signal's reason when aborted. */
export async function pause(tries: number, { random, signal }: RetryOptions): Promise<void> {
  await sleep(random() * BASE_MS * 2 ** tries, undefined, { signal }).catch(() => signal.throwIfAborted());
}
