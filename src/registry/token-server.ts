import { readJson } from "../oci/bounded-json.ts";
import { discard, readWhole } from "./answer.ts";
import type { FetchToken } from "./authorization.ts";
import { authorizationHeader } from "./credentials.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Endpoint } from "./endpoint.ts";
import { answerError, refusal, typedFailure } from "./failure.ts";
import type { HostGuard } from "./host-guard.ts";
import { systemClock } from "./system-clock.ts";
import { readToken } from "./token.ts";

/** Token answers are read up to this many bytes. */
const TOKEN_MAX_BYTES = 64 * 1024;

/**
 * Fetches a token from a challenge's realm (token authentication specification): GET, Basic when there are credentials,
 * never redirected. The realm is a URL given by a server, so it passes the host guard before anything is sent to it.
 */
export function createTokenFetcher(endpoint: Endpoint, guard: HostGuard, dispatch: Dispatch): FetchToken {
  const { now } = endpoint.clock ?? systemClock;
  return async (service, scopes, credentials, signal) => {
    const occasion = {
      side: endpoint.side,
      operation: "get-token",
      subject: `${endpoint.registry} (${scopes.join(" ")})`,
    } as const;
    try {
      const url = new URL(service.realm);
      guard(url);
      if (service.service !== undefined) url.searchParams.set("service", service.service);
      for (const scope of scopes) url.searchParams.append("scope", scope);
      const answer = await dispatch(
        { operation: occasion.operation, subject: occasion.subject, method: "GET", url },
        authorizationHeader(credentials),
        signal,
      );
      if (answer.status !== 200) throw await refusal(occasion, answer, now());
      const bytes = await readWhole(answer, TOKEN_MAX_BYTES);
      const token = bytes === undefined ? undefined : readToken(readJson(bytes), now());
      if (token !== undefined) return token;
      await discard(answer);
      throw answerError(occasion, answer, {
        problem: "the token server's answer holds no token",
        now: now(),
        category: "permanent",
      });
    } catch (error) {
      throw typedFailure(occasion, error, signal);
    }
  };
}
