import { createSingleFlight } from "../../async/single-flight.ts";
import type { Challenge } from "./challenge.ts";
import { authorizationHeader } from "../credentials/credentials.ts";
import { createNegotiatedMethod } from "./negotiated-method.ts";
import type { NegotiatedMethodOptions } from "./negotiated-method.ts";
import { createRefusalHandler } from "./refusal-handler.ts";
import type { RefusedRequest } from "./refused-request.ts";
import type { Scope } from "./scope.ts";

/** The Authorization header for one registry's own origin. */
export interface Authorization {
  /** The header to send, or undefined to send none. @throws {RegistryError} when the token server refuses. */
  header(scope: Scope, signal: AbortSignal): Promise<string | undefined>;
  /** Obtains other credentials after a refusal. True when a retry has something new to send. */
  handleRefusal(request: RefusedRequest, signal: AbortSignal): Promise<boolean>;
  /**
   * For an anonymous request that got 403 or 404 without a challenge: fetches the registry's challenges, unless that was in vain
   * before. True when a method is known.
   */
  discover(fetchChallenges: FetchChallenges, scope: Scope, signal: AbortSignal): Promise<boolean>;
}

export type FetchChallenges = (signal: AbortSignal) => Promise<readonly Challenge[]>;

export interface AuthorizationOptions extends NegotiatedMethodOptions {
  /** Sends Basic credentials without waiting for a challenge. */
  readonly preemptive: boolean;
}

/**
 * Sends a request anonymously first, and then answers the challenge: with a token of its realm, cached by scope and fetched once
 * for concurrent requests, or with Basic (RFC 9110, 11; token authentication specification). A method that worked is kept; one that
 * fails is forgotten, so that the next request is anonymous again.
 */
export function createAuthorization(options: AuthorizationOptions): Authorization {
  const { credentials, preemptive } = options;
  const method = createNegotiatedMethod(options);
  const discoveries = createSingleFlight<void>();
  /** The challenges of the registry were fetched, and named no method that the credentials can meet. */
  let isUndiscoverable = false;
  return {
    async header(scope, signal) {
      const token = method.kind() === "token" ? await method.tokenHeader(scope, signal) : undefined;
      if (token !== undefined) return token;
      const current = await credentials(signal);
      const maySend = current.kind !== "basic" || preemptive || method.kind() === "basic";
      return maySend ? authorizationHeader(current) : undefined;
    },
    handleRefusal: createRefusalHandler(credentials, method),
    async discover(fetchChallenges, scope, signal) {
      const { kind } = await credentials(signal);
      if (kind !== "basic" && kind !== "identity-token") return false;
      const negotiate = async (working: AbortSignal): Promise<void> => {
        isUndiscoverable = !(await method.negotiate(await fetchChallenges(working), scope, working));
      };
      if (!isUndiscoverable && method.kind() === "unknown") await discoveries.run("", negotiate, signal);
      return method.kind() !== "unknown";
    },
  };
}
