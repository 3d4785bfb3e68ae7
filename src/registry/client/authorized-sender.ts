import { recategorized } from "../../oci/errors/registry-error.ts";
import { discard } from "../http/response.ts";
import type { RegistryResponse } from "../http/response.ts";
import type { RateLimitedSender } from "./rate-limited-sender.ts";
import { originOf } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import { isReplayable } from "./registry-request.ts";
import type { RegistryRequest } from "./registry-request.ts";
import { readResponseError } from "../errors/typed-failure.ts";
import { systemClock } from "../../async/system-clock.ts";
import type { FetchChallenges, Authorization } from "../auth/authorization.ts";
import { parseChallenges } from "../auth/challenge.ts";
import { REFUSAL_STATUSES } from "../auth/refused-request.ts";

/** How often one request is sent with different credentials: anonymous, after its challenge, and with a refreshed token. */
const MAX_AUTHORIZATIONS = 3;

export interface AuthorizedSenderOptions {
  readonly endpoint: Endpoint;
  readonly authorization: Authorization;
  readonly sendLimited: RateLimitedSender;
}

/** Sends to the registry itself, answers its challenges and refreshes expired credentials. @throws {RegistryError} when it refuses them for good. */
export function createAuthorizedSender({ endpoint, authorization, sendLimited }: AuthorizedSenderOptions) {
  const { now } = endpoint.clock ?? systemClock;

  const namesMethod = (request: RegistryRequest, signal: AbortSignal): Promise<boolean> =>
    authorization.discover(createPing(endpoint, request, sendLimited), request.scope, signal);

  return async (request: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse> => {
    const { side } = endpoint;
    const { operation, subject, scope } = request;
    for (let tries = 1; ; tries++) {
      const sent = await authorization.header(scope, signal);
      const response = await sendLimited(request, sent, signal);
      // Some registries hide what an anonymous request may not see: then they name a method when they are asked for it.
      const isHidden = sent === undefined && mayBeHidden(response) && (await namesMethod(request, signal));
      if (!isHidden && !REFUSAL_STATUSES.has(response.status)) return response;
      const challenges = parseChallenges(response.headers("www-authenticate"));
      const error = await readResponseError({ side, operation, subject }, response, now());
      const refused = { error, challenges, sent, scope, isHead: request.method === "HEAD" };
      const isRenewed =
        tries < MAX_AUTHORIZATIONS && (isHidden || (await authorization.handleRefusal(refused, signal)));
      if (!isRenewed && request.accept.includes(response.status)) return response;
      if (!isRenewed) throw error;
      // A streamed body is consumed: the caller opens it again, and sends it with the renewed credentials.
      if (!isReplayable(request)) throw recategorized(error, "transient");
    }
  };
}

/** True for 403 and 404 without a challenge. */
function mayBeHidden(response: RegistryResponse): boolean {
  return (response.status === 403 || response.status === 404) && response.header("www-authenticate") === undefined;
}

/** Fetches the challenges of `GET /v2/` (distribution-spec, "Determining Support"). */
function createPing(endpoint: Endpoint, request: RegistryRequest, sendLimited: RateLimitedSender): FetchChallenges {
  const { operation, subject } = request;
  const url = new URL("/v2/", originOf(endpoint));
  return async (signal) => {
    const response = await sendLimited({ operation, subject, method: "GET", url }, undefined, signal);
    await discard(response);
    return response.status === 401 ? parseChallenges(response.headers("www-authenticate")) : [];
  };
}
