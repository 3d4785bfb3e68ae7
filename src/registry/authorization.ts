import type { Challenge } from "./challenge.ts";
import { authorizationHeader } from "./credentials.ts";
import type { Credentials, CredentialsSource } from "./credentials.ts";
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

/** Asks a token server; throws a typed error when it refuses. */
export type FetchToken = (
  service: TokenService,
  scopes: readonly string[],
  credentials: Credentials,
  signal: AbortSignal,
) => Promise<Token>;

/** The Authorization header of one registry's own origin. */
export interface Authorization {
  /** The header to send, or undefined to send none. */
  header(scope: Scope, signal: AbortSignal): Promise<string | undefined>;
  /** The registry refused `sent`. True when there is something new to try, once. */
  refused(challenges: readonly Challenge[], sent: string | undefined, signal: AbortSignal): Promise<boolean>;
}

export interface AuthorizationOptions {
  readonly credentials: CredentialsSource;
  readonly fetchToken: FetchToken;
  readonly now: () => number;
}

/**
 * Credentials at once where they are known (Basic for ECR, Bearer for Artifact Registry); after a Bearer challenge,
 * tokens of that challenge's realm, cached by scope and fetched once for all who wait (RFC 7235; token specification).
 */
export function createAuthorization({ credentials, fetchToken, now }: AuthorizationOptions): Authorization {
  let service: TokenService | undefined;
  let refusedCredentials: Credentials | undefined;
  const tokens = new Map<string, Promise<Token>>();

  async function token(known: TokenService, scope: Scope, signal: AbortSignal): Promise<string> {
    const scopes = scopeTexts(scope);
    const key = scopes.join(" ");
    const cached = tokens.get(key);
    if (cached !== undefined) {
      const found = await cached.catch(() => undefined);
      if (found !== undefined && now() < found.staleAt) return found.value;
    }
    const again = tokens.get(key);
    const pending = again !== undefined && again !== cached ? again : fetchFor(known, scopes, signal);
    tokens.set(key, pending);
    return (await pending).value;
  }

  async function fetchFor(known: TokenService, scopes: readonly string[], signal: AbortSignal): Promise<Token> {
    return fetchToken(known, scopes, await credentials(signal), signal);
  }

  return {
    async header(scope, signal) {
      if (service !== undefined) return `Bearer ${await token(service, scope, signal)}`;
      const current = await credentials(signal, refusedCredentials);
      refusedCredentials = undefined;
      return authorizationHeader(current);
    },
    async refused(challenges, sent, signal) {
      const current = await credentials(signal);
      const bearer = challenges.find((challenge) => challenge.scheme === "bearer");
      const realm = bearer?.parameters.get("realm");
      if (realm !== undefined && current.kind !== "bearer") {
        service = { realm, service: bearer?.parameters.get("service") };
        tokens.clear();
        return true;
      }
      if (current.kind === "anonymous" || sent === undefined) return false;
      refusedCredentials = authorizationHeader(current) === sent ? current : undefined;
      return true;
    },
  };
}

function scopeTexts(scope: Scope): string[] {
  const own = `repository:${scope.repository}:${scope.actions}`;
  return scope.from === undefined ? [own] : [own, `repository:${scope.from}:pull`];
}
