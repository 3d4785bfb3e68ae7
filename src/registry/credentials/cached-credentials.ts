import { authorizationHeader } from "./credentials.ts";
import type { Credentials, CredentialsSource } from "./credentials.ts";
import { createSingleFlight } from "../../async/single-flight.ts";
import { systemClock } from "../../async/system-clock.ts";

export interface ExpiringCredentials {
  readonly credentials: Credentials;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Credentials are refreshed this long before they expire, in milliseconds: longer than a request waits for a slot of the rate. */
const REFRESH_EARLY_MS = 300_000;

/**
 * Fetches credentials once for concurrent callers, keeps them until shortly before they expire, and fetches again when a registry
 * refused the ones in the cache. A failed fetch is not cached.
 */
export function cachedCredentials(
  fetch: (signal: AbortSignal) => Promise<ExpiringCredentials>,
  now: () => number = systemClock.now,
): CredentialsSource {
  let current: ExpiringCredentials | undefined;
  const fetches = createSingleFlight<ExpiringCredentials>();
  return async (signal, refused) => {
    if (current !== undefined && isUsable(current, refused, now())) return current.credentials;
    current = await fetches.run("", fetch, signal);
    return current.credentials;
  };
}

function isUsable(
  { credentials, expiresAt }: ExpiringCredentials,
  refused: Credentials | undefined,
  now: number,
): boolean {
  if (now >= expiresAt - REFRESH_EARLY_MS) return false;
  return refused === undefined || authorizationHeader(refused) !== authorizationHeader(credentials);
}
