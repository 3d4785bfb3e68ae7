import { readJson } from "../../oci/json/bounded-json.ts";
import { shown } from "../../oci/errors/format-error.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { discard } from "../http/response.ts";
import { readWhole } from "../http/read-body.ts";
import type { RegistryResponse } from "../http/response.ts";
import type { RateLimitedSender } from "./rate-limited-sender.ts";
import type { Endpoint } from "./endpoint.ts";
import { answerError, refusal, typedFailure } from "../errors/typed-failure.ts";
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

/** Token answers are read up to this many bytes. */
const TOKEN_MAX_BYTES = 64 * 1024;
const MAX_HOPS = 5;
const REDIRECTS = { GET: new Set([301, 302, 303, 307, 308]), POST: new Set([307, 308]) } as const;

/**
 * Fetches a token from a challenge's realm. The realm is a URL given by a server, so it passes the host guard before anything is
 * sent to it; a redirect is followed on the same origin only, since the login goes along.
 */
export function createTokenServers({
  endpoint,
  guard,
  sendLimited,
  secretRedactor,
}: TokenServersOptions): TokenServers {
  const { now } = endpoint.clock ?? systemClock;

  async function ask(context: FailureContext, request: TokenRequest, signal: AbortSignal): Promise<RegistryResponse> {
    const { authorization, ...question } = request;
    let { url } = request;
    for (let hops = 0; ; hops++) {
      const response = await sendLimited({ ...context, ...question, url }, authorization, signal);
      const next = hops < MAX_HOPS && REDIRECTS[request.method].has(response.status) ? sameOrigin(response) : undefined;
      if (next === undefined) return response;
      await discard(response);
      url = next;
    }
  }

  async function tokenOf(context: FailureContext, response: RegistryResponse): Promise<Token> {
    if (response.status !== 200) throw await refusal(context, response, now());
    const bytes = await readWhole(response, TOKEN_MAX_BYTES);
    const document = bytes === undefined ? undefined : readJson(bytes);
    const token = readToken(document, now());
    if (token !== undefined) return token;
    // A page for people stands in for a server that is being repaired.
    const category = document === undefined ? "deferred" : "permanent";
    throw answerError(context, response, { problem: "the token server's answer holds no token", now: now(), category });
  }

  return {
    isUsable(realm) {
      try {
        guard(new URL(realm));
        return true;
      } catch {
        return false;
      }
    },
    async fetch(service, scopes, credentials, signal) {
      const subject = scopes.length === 0 ? endpoint.registry : `${endpoint.registry} (${scopes.join(" ")})`;
      const context = { side: endpoint.side, operation: "get-token", subject } as const;
      try {
        const url = realmUrl(service.realm, context, secretRedactor);
        guard(url);
        if (credentials.kind === "identity-token") secretRedactor.remember(credentials.token);
        return await tokenOf(context, await ask(context, tokenRequest(url, service, scopes, credentials), signal));
      } catch (error) {
        throw typedFailure(context, error, signal, secretRedactor.redactSecrets);
      }
    },
  };
}

function sameOrigin(response: RegistryResponse): URL | undefined {
  const location = response.header("location");
  if (location === undefined || !URL.canParse(location, response.url.href)) return undefined;
  const next = new URL(location, response.url);
  return next.origin === response.url.origin && next.username === "" && next.password === "" ? next : undefined;
}

function realmUrl(realm: string, context: FailureContext, secretRedactor: SecretRedactor): URL {
  if (URL.canParse(realm)) return new URL(realm);
  const problem = `the registry sends us for a token to ${shown(secretRedactor.redactSecrets(realm))}, which is no URL; the registry's own configuration has to name its token server`;
  throw new RegistryError({ ...context, category: "permanent" }, problem);
}
