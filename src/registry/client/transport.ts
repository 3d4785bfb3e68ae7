import { discard } from "../http/response.ts";
import type { Answer } from "../http/response.ts";
import type { Authorization } from "../auth/authorization.ts";
import { createAuthorized } from "./authorized.ts";
import type { Cut } from "../redaction/secrets.ts";
import { originOf } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Dispatch } from "./dispatch.ts";
import { isReplayable } from "./send-once.ts";
import type { RegistryRequest } from "./send-once.ts";
import { answerError, refusal, typedFailure } from "../errors/typed-failure.ts";
import type { Occasion } from "../errors/typed-failure.ts";
import type { HostGuard } from "../hosts/host-guard.ts";
import { systemClock } from "../../async/system-clock.ts";

/** Sends a request: authorized at its own origin only, redirects followed within the allowed hosts, failures typed. */
export type Transport = (request: RegistryRequest, signal: AbortSignal) => Promise<Answer>;

export interface TransportOptions {
  readonly endpoint: Endpoint;
  readonly guard: HostGuard;
  readonly authorization: Authorization;
  readonly dispatch: Dispatch;
  /** Texts without the secrets that were sent. */
  readonly cut: Cut;
}

/** Redirects followed for one request. */
const MAX_HOPS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export function createTransport({ endpoint, guard, authorization, dispatch, cut }: TransportOptions): Transport {
  const { origin } = originOf(endpoint);
  const { now } = endpoint.clock ?? systemClock;
  const atHome = createAuthorized({ endpoint, authorization, dispatch });
  const occasion = ({ operation, subject }: RegistryRequest): Occasion => ({ side: endpoint.side, operation, subject });

  /**
   * Sends, and follows redirects: of reads within the allowed hosts, of writes within the origin, as long as their body is at
   * hand. Once a hop has left the origin, credentials stay home for good.
   */
  async function followed(request: RegistryRequest, signal: AbortSignal): Promise<Answer> {
    let home = request.url.origin === origin;
    let url = request.url;
    for (let hops = 0; ; hops++) {
      guard(url);
      const hop = { ...request, url };
      const answer = home ? await atHome(hop, signal) : await dispatch(hop, undefined, signal);
      if (!REDIRECTS.has(answer.status) || !(isRead(request) || isRepeated(request, answer))) return answer;
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
      throw typedFailure(occasion(request), error, signal, cut);
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

/** A write that is redirected within its origin, method and body kept (RFC 9110, 15.4.8 and 15.4.9). */
function isRepeated(request: RegistryRequest, answer: Answer): boolean {
  if ((answer.status !== 307 && answer.status !== 308) || !isReplayable(request)) return false;
  return URL.parse(answer.header("location") ?? "", answer.url.href)?.origin === answer.url.origin;
}

function isRead({ method }: RegistryRequest): boolean {
  return method === "GET" || method === "HEAD";
}
