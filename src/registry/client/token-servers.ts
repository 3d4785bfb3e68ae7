import { readJson } from "../../oci/json/bounded-json.ts";
import { shown } from "../../oci/errors/format-error.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { discard, readWhole } from "../http/response.ts";
import type { Answer } from "../http/response.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Endpoint } from "./endpoint.ts";
import { answerError, refusal, typedFailure } from "../errors/typed-failure.ts";
import type { Occasion } from "../errors/typed-failure.ts";
import type { HostGuard } from "../hosts/host-guard.ts";
import { systemClock } from "../../async/system-clock.ts";
import type { Secrets } from "../redaction/secrets.ts";
import { readToken } from "../auth/token.ts";
import type { Token } from "../auth/token.ts";
import type { TokenServers } from "../auth/token.ts";
import { tokenRequest } from "../auth/token-request.ts";
import type { TokenRequest } from "../auth/token-request.ts";

export interface TokenServersOptions {
  readonly endpoint: Endpoint;
  readonly guard: HostGuard;
  readonly dispatch: Dispatch;
  readonly secrets: Secrets;
}

/** Token answers are read up to this many bytes. */
const TOKEN_MAX_BYTES = 64 * 1024;
const MAX_HOPS = 5;
const REDIRECTS = { GET: new Set([301, 302, 303, 307, 308]), POST: new Set([307, 308]) } as const;

/**
 * Fetches a token from a challenge's realm. The realm is a URL given by a server, so it passes the host guard before anything is
 * sent to it; a redirect is followed on the same origin only, since the login goes along.
 */
export function createTokenServers({ endpoint, guard, dispatch, secrets }: TokenServersOptions): TokenServers {
  const { now } = endpoint.clock ?? systemClock;

  async function ask(occasion: Occasion, request: TokenRequest, signal: AbortSignal): Promise<Answer> {
    const { authorization, ...question } = request;
    let { url } = request;
    for (let hops = 0; ; hops++) {
      const answer = await dispatch({ ...occasion, ...question, url }, authorization, signal);
      const next = hops < MAX_HOPS && REDIRECTS[request.method].has(answer.status) ? sameOrigin(answer) : undefined;
      if (next === undefined) return answer;
      await discard(answer);
      url = next;
    }
  }

  async function tokenOf(occasion: Occasion, answer: Answer): Promise<Token> {
    if (answer.status !== 200) throw await refusal(occasion, answer, now());
    const bytes = await readWhole(answer, TOKEN_MAX_BYTES);
    const document = bytes === undefined ? undefined : readJson(bytes);
    const token = readToken(document, now());
    if (token !== undefined) return token;
    // A page for people stands in for a server that is being repaired.
    const category = document === undefined ? "deferred" : "permanent";
    throw answerError(occasion, answer, { problem: "the token server's answer holds no token", now: now(), category });
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
      const occasion = { side: endpoint.side, operation: "get-token", subject } as const;
      try {
        const url = realmUrl(service.realm, occasion, secrets);
        guard(url);
        if (credentials.kind === "identity-token") secrets.note(credentials.token);
        return await tokenOf(occasion, await ask(occasion, tokenRequest(url, service, scopes, credentials), signal));
      } catch (error) {
        throw typedFailure(occasion, error, signal, secrets.cut);
      }
    },
  };
}

function sameOrigin(answer: Answer): URL | undefined {
  const location = answer.header("location");
  if (location === undefined || !URL.canParse(location, answer.url.href)) return undefined;
  const next = new URL(location, answer.url);
  return next.origin === answer.url.origin && next.username === "" && next.password === "" ? next : undefined;
}

function realmUrl(realm: string, occasion: Occasion, secrets: Secrets): URL {
  if (URL.canParse(realm)) return new URL(realm);
  const problem = `the registry sends us for a token to ${shown(secrets.cut(realm))}, which is no URL; the registry's own configuration has to name its token server`;
  throw new RegistryError({ ...occasion, category: "permanent" }, problem);
}
