import type { Challenge } from "./challenge.ts";
import type { Credentials } from "../credentials/credentials.ts";
import type { TokenService } from "./token.ts";

/** How to authenticate at a registry, as far as it is known. */
export type AuthMethod =
  | { readonly kind: "unknown" }
  | { readonly kind: "basic" }
  /** `challengedScopes`: the scopes that the challenge named, separated by spaces. */
  | { readonly kind: "token"; readonly service: TokenService; readonly challengedScopes: string | undefined };

type Token = Extract<AuthMethod, { kind: "token" }>;

/**
 * The best method of these challenges for a login: Bearer with a usable realm, then Basic, then Bearer with any realm, so that an
 * error can name what is wrong with it. Undefined when no challenge fits.
 */
export function methodFor(
  challenges: readonly Challenge[],
  login: Credentials["kind"],
  isUsable: (realm: string) => boolean,
): Exclude<AuthMethod, { kind: "unknown" }> | undefined {
  if (login === "registry-token") return undefined;
  const tokens = challenges.flatMap(tokenMethod);
  const usable = tokens.find(({ service }) => isUsable(service.realm));
  if (usable !== undefined) return usable;
  const isBasic = login === "basic" && challenges.some(({ scheme }) => scheme === "basic");
  return isBasic ? { kind: "basic" } : tokens[0];
}

function tokenMethod({ scheme, parameters }: Challenge): Token[] {
  const realm = scheme === "bearer" ? parameters.get("realm") : undefined;
  if (realm === undefined) return [];
  const service = { realm, service: parameters.get("service") };
  return [{ kind: "token", service, challengedScopes: parameters.get("scope") }];
}
