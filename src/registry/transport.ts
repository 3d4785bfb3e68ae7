import { discard } from "./answer.ts";
import type { Answer } from "./answer.ts";
import type { Authorization } from "./auth/authorization.ts";
import { parseChallenges } from "./auth/challenge.ts";
import { originOf } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import { recategorized } from "../oci/registry-error.ts";
import type { Dispatch } from "./dispatch.ts";
import type { RegistryError } from "../oci/registry-error.ts";
import { isReplayable } from "./exchange.ts";
import type { RegistryRequest } from "./exchange.ts";
import { answerError, refusal, typedFailure } from "./failure.ts";
import type { Occasion } from "./failure.ts";
import type { HostGuard } from "./hosts/host-guard.ts";
import { systemClock } from "./system-clock.ts";

/** Sends a request: authorized at its own origin only, redirects followed within the allowed hosts, failures typed. */
export type Transport = (request: RegistryRequest, signal: AbortSignal) => Promise<Answer>;

export interface TransportOptions {
  readonly endpoint: Endpoint;
  readonly guard: HostGuard;
  readonly authorization: Authorization;
  readonly dispatch: Dispatch;
}

/** Redirects followed for one request. */
const MAX_HOPS = 5;
/** Times one request may be sent with other credentials: a challenge to learn, then a token to refresh. */
const MAX_AUTHORIZATIONS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Amazon ECR says 403, not 401, when a token is too old (troubleshooting page). */
const EXPIRED = /authorization token has expired/i;

export function createTransport({ endpoint, guard, authorization, dispatch }: TransportOptions): Transport {
  const { origin } = originOf(endpoint);
  const { now } = endpoint.clock ?? systemClock;
  const occasion = ({ operation, subject }: RegistryRequest): Occasion => ({ side: endpoint.side, operation, subject });

  /** Sends to the registry itself; learns its challenge and refreshes what it refuses. */
  async function atHome(request: RegistryRequest, signal: AbortSignal): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      const sent = await authorization.header(request.scope, signal);
      const answer = await dispatch(request, sent, signal);
      if (answer.status !== 401 && answer.status !== 403) return answer;
      const challenges = parseChallenges(answer.headers("www-authenticate"));
      const error = await refusal(occasion(request), answer, now());
      const curable = error.status === 401 || mayBeExpired(request, error, sent);
      const isRenewed =
        curable &&
        tries < MAX_AUTHORIZATIONS &&
        (await authorization.refused({ challenges, sent, scope: request.scope }, signal));
      if (!isRenewed) throw error;
      // A streamed body is gone: who opened it can open it again, with the credentials just renewed.
      if (!isReplayable(request)) throw recategorized(error, "transient");
    }
  }

  /** Sends, and follows redirects of reads. Once a hop has left the origin, credentials stay home for good. */
  async function followed(request: RegistryRequest, signal: AbortSignal): Promise<Answer> {
    let home = request.url.origin === origin;
    let url = request.url;
    for (let hops = 0; ; hops++) {
      guard(url);
      const hop = { ...request, url };
      const answer = home ? await atHome(hop, signal) : await dispatch(hop, undefined, signal);
      if (!REDIRECTS.has(answer.status) || !isRead(request)) return answer;
      await discard(answer);
      url = nextHop(occasion(request), answer, hops, now());
      home &&= url.origin === origin;
    }
  }

  return async (request, signal) => {
    try {
      const answer = await followed(request, signal);
      if (request.accept.includes(answer.status)) return answer;
      throw await refusal(occasion(request), answer, now());
    } catch (error) {
      throw typedFailure(occasion(request), error, signal);
    }
  };
}

function nextHop(occasion: Occasion, answer: Answer, hops: number, now: number): URL {
  const location = answer.header("location");
  if (location !== undefined && URL.canParse(location, answer.url.href) && hops < MAX_HOPS)
    return new URL(location, answer.url);
  const problem =
    hops === MAX_HOPS ? `redirected more than ${MAX_HOPS} times` : "redirected to nowhere (no usable Location)";
  throw answerError(occasion, answer, { problem, now, category: "permanent" });
}

/** The answer to a HEAD has no words: what logs in as at ECR may have expired, and is renewed to find out. */
function mayBeExpired({ method }: RegistryRequest, error: RegistryError, sent: string | undefined): boolean {
  return EXPIRED.test(error.message) || (method === "HEAD" && sent?.startsWith("Basic ") === true);
}

function isRead({ method }: RegistryRequest): boolean {
  return method === "GET" || method === "HEAD";
}
