import * as z from "zod";
import type { Credentials } from "./credentials.ts";

/**
 * The answer of a token server (distribution project, "Token Authentication Specification"; RFC 6749, 5.1), as clients in Go take it:
 * old servers and new ones differ in which name the token has, and in what they write for a life they do not know.
 */
const TokenAnswer = z.object({
  token: z.unknown().optional(),
  access_token: z.unknown().optional(),
  expires_in: z.unknown().optional(),
});

/** A life in seconds that is not said, cannot be read or is shorter counts as this one, as the specification has it. */
const SHORTEST_LIFE_S = 60;
const LONGEST_LIFE_S = 86_400;

export interface Token {
  readonly value: string;
  /** Epoch milliseconds after which it is not to be sent any more: a tenth of its life early. */
  readonly staleAt: number;
}

/**
 * Reads a token server's answer; undefined when it holds no token that can stand in a header. The life counts from now: `issued_at`
 * is the time of another machine's clock.
 */
export function readToken(document: unknown, now: number): Token | undefined {
  const response = TokenAnswer.safeParse(document).data;
  const value = [response?.token, response?.access_token].find(isToken);
  if (value === undefined) return undefined;
  const lifeMs = lifeOf(response?.expires_in) * 1_000;
  return { value, staleAt: now + lifeMs - Math.min(lifeMs / 10, 300_000) };
}

function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]{1,16384}$/.test(value);
}

function lifeOf(expiresIn: unknown): number {
  const seconds = typeof expiresIn === "string" ? Number(expiresIn) : expiresIn;
  if (typeof seconds !== "number" || Number.isNaN(seconds)) return SHORTEST_LIFE_S;
  return Math.min(Math.max(seconds, SHORTEST_LIFE_S), LONGEST_LIFE_S);
}

/** A Bearer challenge's parameters (token authentication specification). */
export interface TokenService {
  readonly realm: string;
  readonly service: string | undefined;
}

/** Where tokens come from. */
export interface TokenServers {
  /** True when a realm is a URL of a host that may be asked. */
  isUsable(realm: string): boolean;
  /** @throws {RegistryError} when the server refuses, or may not be asked. */
  fetch(
    service: TokenService,
    scopes: readonly string[],
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<Token>;
}
