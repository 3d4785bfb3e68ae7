import { readJson } from "../../oci/json/bounded-json.ts";
import { quoted } from "../../oci/errors/quoted.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { discard } from "../http/response.ts";
import { readWhole } from "../http/read-body.ts";
import type { RegistryResponse } from "../http/response.ts";
import type { RateLimitedSender } from "./rate-limited-sender.ts";
import type { Endpoint } from "./endpoint.ts";
import { responseError, readResponseError, typedFailure } from "../errors/typed-failure.ts";
import type { FailureContext } from "../errors/typed-failure.ts";
import type { HostGuard } from "../hosts/host-guard.ts";
import { systemClock } from "../../async/system-clock.ts";
import type { SecretRedactor } from "../redaction/secret-redactor.ts";
import { readToken } from "../auth/token.ts";
import type { Token } from "../auth/token.ts";
import type { TokenServers } from "../auth/token.ts";
import { tokenRequest } from "../auth/token-request.ts";
import type { TokenRequest } from "../auth/token-request.ts";

export interface TokenServersOptions {
  readonly endpoint: Endpoint;
  readonly guard: HostGuard;
  readonly sendLimited: RateLimitedSender;
  readonly secretRedactor: SecretRedactor;
}

/** Limit of a token response, in bytes. */
const TOKEN_MAX_BYTES = 64 * 1024;
const MAX_HOPS = 5;
const REDIRECTS = { GET: new Set([301, 302, 303, 307, 308]), POST: new Set([307, 308]) } as const;

/**
 * Fetches tokens from the realms of challenges. The realm is a URL from a server, so it must pass the host guard before anything is
 * sent to it; redirects are followed on the same origin only, because the login is sent along.
 */
export function createTokenServers({
  endpoint,
  guard,
  sendLimited,
  secretRedactor,
}: TokenServersOptions): TokenServers {
  const { now } = endpoint.clock ?? systemClock;

  async function sendTokenRequest(
    context: FailureContext,
    request: TokenRequest,
    signal: AbortSignal,
  ): Promise<RegistryResponse> {
    const { authorization, ...rest } = request;
    let { url } = request;
    for (let hops = 0; ; hops++) {
      const response = await sendLimited({ ...context, ...rest, url }, authorization, signal);
      const next = hops < MAX_HOPS && REDIRECTS[request.method].has(response.status) ? sameOrigin(response) : undefined;
      if (next === undefined) return response;
      await discard(response);
      url = next;
    }
  }

  return {
    isUsable: (realm) => isAllowed(realm, guard),
    async fetch(service, scopes, credentials, signal) {
      const subject = scopes.length === 0 ? endpoint.registry : `${endpoint.registry} (${scopes.join(" ")})`;
      const context = { side: endpoint.side, operation: "get-token", subject } as const;
      try {
        const url = realmUrl(service.realm, context, secretRedactor);
        guard(url);
        if (credentials.kind === "identity-token") secretRedactor.remember(credentials.token);
        const response = await sendTokenRequest(context, tokenRequest(url, service, scopes, credentials), signal);
        return await readTokenResponse(context, response, now());
      } catch (error) {
        throw typedFailure(context, error, signal, secretRedactor.redactSecrets);
      }
    },
  };
}

async function readTokenResponse(context: FailureContext, response: RegistryResponse, now: number): Promise<Token> {
  if (response.status !== 200) throw await readResponseError(context, response, now);
  const bytes = await readWhole(response, TOKEN_MAX_BYTES);
  const document = bytes === undefined ? undefined : readJson(bytes);
  const token = readToken(document, now);
  if (token !== undefined) return token;
  // An HTML page in place of JSON usually means that the server is unavailable.
  const category = document === undefined ? "deferred" : "permanent";
  throw responseError(context, response, { problem: "the token server's answer holds no token", now, category });
}

function isAllowed(realm: string, guard: HostGuard): boolean {
  try {
    guard(new URL(realm));
    return true;
  } catch {
    return false;
  }
}

function sameOrigin(response: RegistryResponse): URL | undefined {
  const location = response.header("location");
  if (location === undefined || !URL.canParse(location, response.url.href)) return undefined;
  const next = new URL(location, response.url);
  return next.origin === response.url.origin && next.username === "" && next.password === "" ? next : undefined;
}

function realmUrl(realm: string, context: FailureContext, secretRedactor: SecretRedactor): URL {
  if (URL.canParse(realm)) return new URL(realm);
  const problem = `the registry sends us for a token to ${quoted(secretRedactor.redactSecrets(realm))}, which is no URL; the registry's own configuration has to name its token server`;
  throw new RegistryError({ ...context, category: "permanent" }, problem);
}
