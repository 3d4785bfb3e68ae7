import type { Credentials } from "./credentials.ts";
import type { Token } from "./token.ts";

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
