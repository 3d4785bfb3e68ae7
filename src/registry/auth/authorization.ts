import { createSingleFlight } from "../../async/single-flight.ts";
import type { Challenge } from "./challenge.ts";
import { authorizationHeader } from "./credentials.ts";
import { createNegotiatedMethod } from "./negotiated-method.ts";
import type { NegotiatedMethodOptions } from "./negotiated-method.ts";
import { createRefusalHandler } from "./refusal-handler.ts";
import type { RefusedRequest } from "./refused-request.ts";
import type { Scope } from "./scope.ts";

/** The Authorization header of one registry's own origin. */
export interface Authorization {
  /** The header to send, or undefined to send none. */
  header(scope: Scope, signal: AbortSignal): Promise<string | undefined>;
  /** Looks for another header. True when there is something new to try. */
  handleRefusal(request: RefusedRequest, signal: AbortSignal): Promise<boolean>;
  /**
   * A request without a login was answered as if there were nothing, or nothing for us: asks the registry how it lets people
   * in, unless it has had nothing to say. True when it has said so.
   */
  discover(ask: FetchChallenges, scope: Scope, signal: AbortSignal): Promise<boolean>;
}

export type FetchChallenges = (signal: AbortSignal) => Promise<readonly Challenge[]>;

export interface AuthorizationOptions extends NegotiatedMethodOptions {
  /** Basic credentials are sent before the registry asks for them. */
  readonly preemptive: boolean;
}

/**
 * Asks first, and then answers the challenge: with tokens of its realm, cached by scope and fetched once for all who wait, or with
 * Basic (RFC 9110, 11; token authentication specification). A method is kept once it has given something to send, and forgotten
 * when it gives nothing: the next request asks the registry again.
 */
export function createAuthorization(options: AuthorizationOptions): Authorization {
  const { credentials, preemptive } = options;
  const known = createNegotiatedMethod(options);
  const introductions = createSingleFlight<void>();
  /** The registry was asked how it lets people in, and named no way that we can go. */
  let isSilent = false;
  return {
    async header(scope, signal) {
      const token = await known.tokenHeader(scope, signal);
      if (token !== undefined) return token;
      const current = await credentials(signal);
      const isAsked = current.kind !== "basic" || preemptive || known.kind() === "basic";
      return isAsked ? authorizationHeader(current) : undefined;
    },
    handleRefusal: createRefusalHandler(credentials, known),
    async discover(ask, scope, signal) {
      const { kind } = await credentials(signal);
      if (kind !== "basic" && kind !== "identity-token") return false;
      const introduce = async (working: AbortSignal): Promise<void> => {
        isSilent = !(await known.negotiate(await ask(working), scope, working));
      };
      if (!isSilent && known.kind() === "unknown") await introductions.run("", introduce, signal);
      return known.kind() !== "unknown";
    },
  };
}
