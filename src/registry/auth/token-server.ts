import { readJson } from "../../oci/bounded-json.ts";
import { shown } from "../../oci/format-error.ts";
import { RegistryError } from "../../oci/registry-error.ts";
import { readWhole } from "../answer.ts";
import type { TokenServers } from "./authorization.ts";
import { authorizationHeader } from "./credentials.ts";
import type { Dispatch } from "../dispatch.ts";
import type { Endpoint } from "../endpoint.ts";
import { answerError, refusal, typedFailure } from "../failure.ts";
import type { Occasion } from "../failure.ts";
import type { HostGuard } from "../hosts/host-guard.ts";
import { systemClock } from "../system-clock.ts";
import { readToken } from "./token.ts";

/** Token answers are read up to this many bytes. */
const TOKEN_MAX_BYTES = 64 * 1024;

/**
 * Fetches a token from a challenge's realm (token authentication specification): GET, Basic when there are credentials,
 * never redirected. The realm is a URL given by a server, so it passes the host guard before anything is sent to it.
 */
export function createTokenServers(endpoint: Endpoint, guard: HostGuard, dispatch: Dispatch): TokenServers {
  const { now } = endpoint.clock ?? systemClock;
  return {
    isUsable(realm) {
      try {
        guard(new URL(realm));
        return true;
      } catch {
        return false;
      }
    },
    async fetch({ realm, service }, scopes, credentials, signal) {
      const subject = `${endpoint.registry} (${scopes.join(" ")})`;
      const occasion = { side: endpoint.side, operation: "get-token", subject } as const;
      try {
        const url = realmUrl(realm, occasion);
        guard(url);
        if (service !== undefined) url.searchParams.set("service", service);
        for (const scope of scopes) url.searchParams.append("scope", scope);
        const request = { ...occasion, method: "GET", url } as const;
        const answer = await dispatch(request, authorizationHeader(credentials), signal);
        if (answer.status !== 200) throw await refusal(occasion, answer, now());
        const bytes = await readWhole(answer, TOKEN_MAX_BYTES);
        const token = bytes === undefined ? undefined : readToken(readJson(bytes), now());
        if (token !== undefined) return token;
        const problem = "the token server's answer holds no token";
        throw answerError(occasion, answer, { problem, now: now(), category: "permanent" });
      } catch (error) {
        throw typedFailure(occasion, error, signal);
      }
    },
  };
}

function realmUrl(realm: string, occasion: Occasion): URL {
  if (URL.canParse(realm)) return new URL(realm);
  const problem = `the registry sends us for a token to ${shown(realm)}, which is no URL; the registry's own configuration has to name its token server`;
  throw new RegistryError({ ...occasion, category: "permanent" }, problem);
}
