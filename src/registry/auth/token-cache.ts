import { createSingleFlight } from "../../async/single-flight.ts";
import type { CredentialsSource } from "../credentials/credentials.ts";
import type { Token } from "./token.ts";
import type { TokenServers, TokenService } from "./token.ts";

/** Tokens by service and scopes. Concurrent callers share one fetch. */
export interface TokenCache {
  /** @throws {RegistryError} when the token server gives no token. */
  get(service: TokenService, scopes: readonly string[], signal: AbortSignal): Promise<string>;
  /** Drops only the token that this Authorization header carries. */
  forget(header: string | undefined): void;
  /** Drops the tokens of all other services. */
  keepOnly(service: TokenService): void;
}

export interface TokenCacheOptions {
  readonly credentials: CredentialsSource;
  readonly servers: TokenServers;
  readonly now: () => number;
}

export function createTokenCache({ credentials, servers, now }: TokenCacheOptions): TokenCache {
  const tokens = new Map<string, Token & { readonly service: TokenService }>();
  const fetches = createSingleFlight<Token>();
  return {
    async get(service, scopes, signal) {
      const key = JSON.stringify([service, scopes]);
      const cached = tokens.get(key);
      if (cached !== undefined && now() < cached.staleAt) return cached.value;
      const fetchNow = async (working: AbortSignal): Promise<Token> => {
        const fetched = await servers.fetch(service, scopes, await credentials(working), working);
        tokens.set(key, { ...fetched, service });
        return fetched;
      };
      return (await fetches.run(key, fetchNow, signal)).value;
    },
    forget(header) {
      for (const [key, { value }] of tokens) if (header === `Bearer ${value}`) tokens.delete(key);
    },
    keepOnly(kept) {
      for (const [key, { service }] of tokens) if (!isSameService(service, kept)) tokens.delete(key);
    },
  };
}

function isSameService(one: TokenService, other: TokenService): boolean {
  return one.realm === other.realm && one.service === other.service;
}
