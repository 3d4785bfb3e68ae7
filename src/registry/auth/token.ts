import * as z from "zod";
import type { Credentials } from "../credentials/credentials.ts";

/**
 * The response of a token server (distribution project, "Token Authentication Specification"; RFC 6749, 5.1). As lenient as clients in
 * Go: servers differ in the name of the token, and in how they write an unknown lifetime.
 */
const TokenResponse = z.object({
  token: z.unknown().optional(),
  access_token: z.unknown().optional(),
  expires_in: z.unknown().optional(),
});

/** The lifetime of a token whose `expires_in` is missing, unreadable or shorter, in seconds ("Token Authentication Specification"). */
const MIN_LIFETIME_S = 60;
const MAX_LIFETIME_S = 86_400;

export interface Token {
  readonly value: string;
  /** Epoch milliseconds after which the token is no longer sent: before it expires, by a tenth of its lifetime, 5 minutes at most. */
  readonly staleAt: number;
}

/**
 * Reads the response of a token server. Undefined when it has no token that is valid in a header. The lifetime counts from now,
 * because `issued_at` is the time of another clock.
 */
export function readToken(document: unknown, now: number): Token | undefined {
  const response = TokenResponse.safeParse(document).data;
  const value = [response?.token, response?.access_token].find(isToken);
  if (value === undefined) return undefined;
  const lifetimeMs = lifetimeOf(response?.expires_in) * 1_000;
  return { value, staleAt: now + lifetimeMs - Math.min(lifetimeMs / 10, 300_000) };
}

function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]{1,16384}$/.test(value);
}

function lifetimeOf(expiresIn: unknown): number {
  const seconds = typeof expiresIn === "string" ? Number(expiresIn) : expiresIn;
  if (typeof seconds !== "number" || Number.isNaN(seconds)) return MIN_LIFETIME_S;
  return Math.min(Math.max(seconds, MIN_LIFETIME_S), MAX_LIFETIME_S);
}

/** Where a Bearer challenge sends clients for a token (token authentication specification). */
export interface TokenService {
  readonly realm: string;
  readonly service: string | undefined;
}

/** Fetches tokens from the realms of challenges. */
export interface TokenServers {
  /** True when a realm is a URL on an allowed host. */
  isUsable(realm: string): boolean;
  /** @throws {RegistryError} when the server refuses, or is not on an allowed host. */
  fetch(
    service: TokenService,
    scopes: readonly string[],
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<Token>;
}
