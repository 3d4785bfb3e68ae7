import { recategorized } from "../../oci/errors/registry-error.ts";
import { discard } from "../http/response.ts";
import type { Answer } from "../http/response.ts";
import type { Dispatch } from "./dispatch.ts";
import { originOf } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import { isReplayable } from "./send-once.ts";
import type { RegistryRequest } from "./send-once.ts";
import { refusal } from "../errors/typed-failure.ts";
import { systemClock } from "../../async/system-clock.ts";
import type { AskForChallenges, Authorization } from "../auth/authorization.ts";
import { parseChallenges } from "../auth/challenge.ts";
import { REFUSALS } from "../auth/refused.ts";

/** Times one request may be sent with other credentials: a challenge to learn, then a token to refresh. */
const MAX_AUTHORIZATIONS = 3;

export interface AuthorizedOptions {
  readonly endpoint: Endpoint;
  readonly authorization: Authorization;
  readonly dispatch: Dispatch;
}

/** Sends to the registry itself; answers its challenge and renews what it refuses. @throws {RegistryError} when it refuses for good. */
export function createAuthorized({ endpoint, authorization, dispatch }: AuthorizedOptions) {
  const { now } = endpoint.clock ?? systemClock;

  /** True when a stranger's question was answered as if there were nothing, and the registry has said by now how it lets people in. */
  async function isHidden(request: RegistryRequest, answer: Answer, signal: AbortSignal): Promise<boolean> {
    if (answer.status !== 403 && answer.status !== 404) return false;
    if (answer.header("www-authenticate") !== undefined) return false;
    return authorization.introduced(introduction(endpoint, request, dispatch), request.scope, signal);
  }

  return async (request: RegistryRequest, signal: AbortSignal): Promise<Answer> => {
    const { side } = endpoint;
    const { operation, subject, scope } = request;
    for (let tries = 1; ; tries++) {
      const sent = await authorization.header(scope, signal);
      const answer = await dispatch(request, sent, signal);
      const isNew = sent === undefined && (await isHidden(request, answer, signal));
      if (!isNew && !REFUSALS.has(answer.status)) return answer;
      const challenges = parseChallenges(answer.headers("www-authenticate"));
      const error = await refusal({ side, operation, subject }, answer, now());
      const refused = { error, challenges, sent, scope, isSilent: request.method === "HEAD" };
      const isRenewed = tries < MAX_AUTHORIZATIONS && (isNew || (await authorization.refused(refused, signal)));
      if (!isRenewed && request.accept.includes(answer.status)) return answer;
      if (!isRenewed) throw error;
      // A streamed body is gone: who opened it can open it again, with the credentials just renewed.
      if (!isReplayable(request)) throw recategorized(error, "transient");
    }
  };
}

/** How the registry itself asks for a login (distribution-spec, "Determining Support"). */
function introduction(endpoint: Endpoint, request: RegistryRequest, dispatch: Dispatch): AskForChallenges {
  const { operation, subject } = request;
  const url = new URL("/v2/", originOf(endpoint));
  return async (signal) => {
    const answer = await dispatch({ operation, subject, method: "GET", url }, undefined, signal);
    await discard(answer);
    return answer.status === 401 ? parseChallenges(answer.headers("www-authenticate")) : [];
  };
}
