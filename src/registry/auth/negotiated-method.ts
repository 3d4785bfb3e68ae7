import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { Challenge } from "./challenge.ts";
import type { CredentialsSource } from "./credentials.ts";
import { methodFor } from "./auth-method.ts";
import type { AuthMethod } from "./auth-method.ts";
import { scopesOf } from "./scope.ts";
import type { Scope } from "./scope.ts";
import { createTokenCache } from "./token-cache.ts";
import type { TokenServers } from "./token.ts";

/** What a registry has said about how it lets us in, and the tokens that came of it. */
export interface NegotiatedMethod {
  kind(): AuthMethod["kind"];
  /** Keeps the best method that challenges name, once it has given something to send. False when there is none. */
  negotiate(challenges: readonly Challenge[], scope: Scope, signal: AbortSignal): Promise<boolean>;
  /** The header with a token for a scope; undefined when the method is another one. */
  tokenHeader(scope: Scope, signal: AbortSignal): Promise<string | undefined>;
  /** Forgets the token of a header, and no other. */
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
        await tokens.get(next.service, scopesOf(scope, next.challenged), signal);
        tokens.keepOnly(next.service);
      }
      method = next;
      return true;
    },
    async tokenHeader(scope, signal) {
      if (method.kind !== "token") return undefined;
      try {
        return `Bearer ${await tokens.get(method.service, scopesOf(scope, method.challenged), signal)}`;
      } catch (error) {
        // A mount asks for more than we need: that it is refused says nothing about the token server.
        const isLost = error instanceof RegistryError && error.operation === "get-token" && scope.from === undefined;
        if (isLost) method = UNKNOWN;
        throw error;
      }
    },
    forgetToken: (header) => tokens.forget(header),
    set: (next) => void (method = next),
  };
}
