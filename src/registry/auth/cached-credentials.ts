import { authorizationHeader } from "./credentials.ts";
import type { Credentials, CredentialsSource } from "./credentials.ts";
import { createSingleFlight } from "../../async/single-flight.ts";
import { systemClock } from "../../async/system-clock.ts";

/** Credentials with an end. */
export interface ExpiringCredentials {
  readonly credentials: Credentials;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Refreshed this long before they end, in milliseconds: longer than any one request waits for its turn. */
const EARLY_MS = 300_000;

/**
 * Fetches credentials once for all who ask, keeps them until shortly before they end, and fetches again at once when a
 * registry refused the ones it has. A failed fetch is not kept.
 */
export function cachedCredentials(
  fetch: (signal: AbortSignal) => Promise<ExpiringCredentials>,
  now: () => number = systemClock.now,
): CredentialsSource {
  let current: ExpiringCredentials | undefined;
  const fetches = createSingleFlight<ExpiringCredentials>();
  return async (signal, refused) => {
    if (current !== undefined && isGood(current, refused, now())) return current.credentials;
    current = await fetches.run("", fetch, signal);
    return current.credentials;
  };
}

function isGood(
  { credentials, expiresAt }: ExpiringCredentials,
  refused: Credentials | undefined,
  now: number,
): boolean {
  if (now >= expiresAt - EARLY_MS) return false;
  return refused === undefined || authorizationHeader(refused) !== authorizationHeader(credentials);
}
