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
import { responseError, readResponseError, typedFailure } from "../errors/typed-failure.ts";
import type { FailureContext } from "../errors/typed-failure.ts";
import type { HostGuard } from "../hosts/host-guard.ts";
import { systemClock } from "../../async/system-clock.ts";

/**
 * Sends a request with credentials for the registry's own origin only, and follows redirects within the allowed hosts.
 * @throws {RegistryError} for every failure, except that an abort throws its reason, and {@link RateExceededError} passes.
 */
export type Transport = (request: RegistryRequest, signal: AbortSignal) => Promise<RegistryResponse>;

export interface TransportOptions {
  readonly endpoint: Endpoint;
  readonly guard: HostGuard;
  readonly authorization: Authorization;
  readonly sendLimited: RateLimitedSender;

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
   * Follows redirects of reads within the allowed hosts, and of writes within the origin if their body is in memory. Once a hop
   * has left the origin, no later hop gets credentials, even one that leads back.
   */
  async function sendFollowingRedirects(request: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse> {
    let home = request.url.origin === origin;
    let url = request.url;
    for (let hops = 0; ; hops++) {
      guard(url);
      const hop = url === request.url ? request : { ...request, url };
      const response = home ? await sendAuthorized(hop, signal) : await sendLimited(hop, undefined, signal);
      if (!REDIRECTS.has(response.status) || !(isRead(request) || isRepeatableWrite(request, response)))
        return response;
      await discard(response);
      url = nextHop(context(request), response, hops, now());
      home &&= url.origin === origin;
    }
  }

  return async (request, signal) => {
    try {
      const response = await sendFollowingRedirects(request, signal);
      if (request.accept.includes(response.status)) return response;
      throw await readResponseError(context(request), response, now());
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
  throw responseError(context, response, { problem, now, category: "permanent" });
}

/** True for a redirect within the origin that keeps method and body (RFC 9110, 15.4.8 and 15.4.9). */
function isRepeatableWrite(request: RegistryRequest, response: RegistryResponse): boolean {
  if ((response.status !== 307 && response.status !== 308) || !isReplayable(request)) return false;
  return URL.parse(response.header("location") ?? "", response.url.href)?.origin === response.url.origin;
}

function isRead({ method }: RegistryRequest): boolean {
  return method === "GET" || method === "HEAD";
}
