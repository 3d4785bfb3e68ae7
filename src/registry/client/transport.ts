import { discard } from "../http/response.ts";
import type { RegistryResponse } from "../http/response.ts";
import type { Authorization } from "../auth/authorization.ts";
import { createAuthorizedSender } from "./authorized-sender.ts";
import type { RedactSecrets } from "../redaction/secret-redactor.ts";
import { originOf } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import type { RateLimitedSender } from "./rate-limited-sender.ts";
import { isReplayable } from "./registry-request.ts";
import type { RegistryRequest } from "./registry-request.ts";
import { answerError, refusal, typedFailure } from "../errors/typed-failure.ts";
import type { FailureContext } from "../errors/typed-failure.ts";
import type { HostGuard } from "../hosts/host-guard.ts";
import { systemClock } from "../../async/system-clock.ts";

/** Sends a request: authorized at its own origin only, redirects followed within the allowed hosts, failures typed. */
export type Transport = (request: RegistryRequest, signal: AbortSignal) => Promise<RegistryResponse>;

export interface TransportOptions {
  readonly endpoint: Endpoint;
  readonly guard: HostGuard;
  readonly authorization: Authorization;
  readonly sendLimited: RateLimitedSender;
  /** Texts without the secrets that were sent. */
  readonly redactSecrets: RedactSecrets;
}

/** Redirects followed for one request. */
const MAX_HOPS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export function createTransport({
  endpoint,
  guard,
  authorization,
  sendLimited,
  redactSecrets,
}: TransportOptions): Transport {
  const { origin } = originOf(endpoint);
  const { now } = endpoint.clock ?? systemClock;
  const sendAuthorized = createAuthorizedSender({ endpoint, authorization, sendLimited });
  const context = ({ operation, subject }: RegistryRequest): FailureContext => ({
    side: endpoint.side,
    operation,
    subject,
  });

  /**
   * Sends, and follows redirects: of reads within the allowed hosts, of writes within the origin, as long as their body is at
   * hand. Once a hop has left the origin, credentials stay home for good.
   */
  async function followed(request: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse> {
    let home = request.url.origin === origin;
    let url = request.url;
    for (let hops = 0; ; hops++) {
      guard(url);
      const hop = { ...request, url };
      const response = home ? await sendAuthorized(hop, signal) : await sendLimited(hop, undefined, signal);
      if (!REDIRECTS.has(response.status) || !(isRead(request) || isRepeated(request, response))) return response;
      await discard(response);
      url = nextHop(context(request), response, hops, now());
      home &&= url.origin === origin;
    }
  }

  return async (request, signal) => {
    try {
      const response = await followed(request, signal);
      if (request.accept.includes(response.status)) return response;
      throw await refusal(context(request), response, now());
    } catch (error) {
      throw typedFailure(context(request), error, signal, redactSecrets);
    }
  };
}

function nextHop(context: FailureContext, response: RegistryResponse, hops: number, now: number): URL {
  const location = response.header("location");
  if (location !== undefined && URL.canParse(location, response.url.href) && hops < MAX_HOPS)
    return new URL(location, response.url);
  const problem =
    hops === MAX_HOPS ? `redirected more than ${MAX_HOPS} times` : "redirected to nowhere (no usable Location)";
  throw answerError(context, response, { problem, now, category: "permanent" });
}

/** A write that is redirected within its origin, method and body kept (RFC 9110, 15.4.8 and 15.4.9). */
function isRepeated(request: RegistryRequest, response: RegistryResponse): boolean {
  if ((response.status !== 307 && response.status !== 308) || !isReplayable(request)) return false;
  return URL.parse(response.header("location") ?? "", response.url.href)?.origin === response.url.origin;
}

function isRead({ method }: RegistryRequest): boolean {
  return method === "GET" || method === "HEAD";
}
