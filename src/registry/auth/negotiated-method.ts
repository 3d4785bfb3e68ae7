import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { Challenge } from "./challenge.ts";
import type { CredentialsSource } from "../credentials/credentials.ts";
import { methodFor } from "./auth-method.ts";
import type { AuthMethod } from "./auth-method.ts";
import { scopesOf } from "./scope.ts";
import type { Scope } from "./scope.ts";
import { createTokenCache } from "./token-cache.ts";
import type { TokenServers } from "./token.ts";

/** The authentication method agreed with a registry, and its tokens. */
export interface NegotiatedMethod {
  kind(): AuthMethod["kind"];
  /** Adopts the best method that the challenges name, after it has given a token if it needs one. False when there is none. */
  negotiate(challenges: readonly Challenge[], scope: Scope, signal: AbortSignal): Promise<boolean>;
  /** The Authorization header with a token for a scope; undefined when the method is not `token`. */
  tokenHeader(scope: Scope, signal: AbortSignal): Promise<string | undefined>;
  /** Drops only the token that this header carries. */
  forgetToken(header: string | undefined): void;
  set(method: AuthMethod): void;
}

export interface NegotiatedMethodOptions {
  readonly credentials: CredentialsSource;
  readonly servers: TokenServers;
  readonly now: () => number;
}

const UNKNOWN: AuthMethod = { kind: "unknown" };

export function createNegotiatedMethod(options: NegotiatedMethodOptions): NegotiatedMethod {
  const { credentials, servers } = options;
  const tokens = createTokenCache(options);
  let method = UNKNOWN;
  return {
    kind: () => method.kind,
    async negotiate(challenges, scope, signal) {
      const { kind } = await credentials(signal);
      const next = methodFor(challenges, kind, (realm) => servers.isUsable(realm));
      if (next === undefined) return false;
      if (next.kind === "token") {
        await tokens.get(next.service, scopesOf(scope, next.challengedScopes), signal);
        tokens.keepOnly(next.service);
      }
      method = next;
      return true;
    },
    async tokenHeader(scope, signal) {
      if (method.kind !== "token") return undefined;
      try {
        return `Bearer ${await tokens.get(method.service, scopesOf(scope, method.challengedScopes), signal)}`;
      } catch (error) {
        // A mount requests the scope of a second repository: its refusal does not mean that the method stopped working.
        const isLost = error instanceof RegistryError && error.operation === "get-token" && scope.from === undefined;
        if (isLost) method = UNKNOWN;
        throw error;
      }
    },
    forgetToken: (header) => tokens.forget(header),
    set: (next) => void (method = next),
  };
}
