import { RegistryError } from "../../oci/registry-error.ts";
import type { Challenge } from "./challenge.ts";
import { authorizationHeader } from "./credentials.ts";
import type { Credentials, CredentialsSource } from "./credentials.ts";
import { createTokenCache } from "./token-cache.ts";
import type { Token } from "./token.ts";

/** What a request may do: the scope asked of a token server is exactly this and no more. */
export interface Scope {
  readonly repository: string;
  readonly actions: "pull" | "pull,push";
  /** A second repository to read, for a mount. */
  readonly from?: string | undefined;
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

/** A request that the registry refused. */
export interface Refused {
  readonly challenges: readonly Challenge[];
  /** The header it was sent with. */
  readonly sent: string | undefined;
  readonly scope: Scope;
}

/** The Authorization header of one registry's own origin. */
export interface Authorization {
  /** The header to send, or undefined to send none. */
  header(scope: Scope, signal: AbortSignal): Promise<string | undefined>;
  /** Looks for another header. True when there is something new to try, once. */
  refused(request: Refused, signal: AbortSignal): Promise<boolean>;
}

export interface AuthorizationOptions {
  readonly credentials: CredentialsSource;
  readonly servers: TokenServers;
  readonly now: () => number;
}

/**
 * Credentials at once where they are known (Basic for ECR, Bearer for Artifact Registry); after a Bearer challenge,
 * tokens of that challenge's realm, cached by scope and fetched once for all who wait (RFC 7235; token specification).
 * A challenge is kept once it has given a token, and forgotten when it gives none: the next request asks the registry again.
 */
export function createAuthorization({ credentials, servers, now }: AuthorizationOptions): Authorization {
  let known: TokenService | undefined;
  let refusedCredentials: Credentials | undefined;
  const tokens = createTokenCache({ credentials, servers, now });
  return {
    async header(scope, signal) {
      if (known !== undefined) {
        try {
          return `Bearer ${await tokens.get(known, scope, signal)}`;
        } catch (error) {
          if (error instanceof RegistryError && error.operation === "get-token") known = undefined;
          throw error;
        }
      }
      const current = await credentials(signal, refusedCredentials);
      refusedCredentials = undefined;
      return authorizationHeader(current);
    },
    async refused({ challenges, sent, scope }, signal) {
      const current = await credentials(signal);
      tokens.forget(sent);
      const service = current.kind === "registry-token" ? undefined : chosen(challenges, servers);
      if (service !== undefined) {
        await tokens.get(service, scope, signal);
        known = service;
        tokens.keepOnly(service);
        return true;
      }
      const wasToken = known !== undefined;
      known = undefined;
      if (current.kind === "anonymous" || sent === undefined) return wasToken;
      refusedCredentials = authorizationHeader(current) === sent ? current : undefined;
      return true;
    },
  };
}

/** The challenge to follow: a Bearer one whose realm may be asked, or any, to say what is wrong with it. */
function chosen(challenges: readonly Challenge[], servers: TokenServers): TokenService | undefined {
  const services = challenges.flatMap(({ scheme, parameters }) => {
    const realm = scheme === "bearer" ? parameters.get("realm") : undefined;
    return realm === undefined ? [] : [{ realm, service: parameters.get("service") }];
  });
  return services.find(({ realm }) => servers.isUsable(realm)) ?? services[0];
}
