import type { Challenge } from "./challenge.ts";
import type { Credentials } from "./credentials.ts";
import type { TokenService } from "./token.ts";

/** How a registry lets us in, as far as it has said. */
export type AuthMethod =
  | { readonly kind: "unknown" }
  | { readonly kind: "basic" }
  /** `challenged`: the scopes that the challenge named. */
  | { readonly kind: "token"; readonly service: TokenService; readonly challenged: string | undefined };

type Token = Extract<AuthMethod, { kind: "token" }>;

/**
 * The best of some challenges that a login can meet: Bearer before Basic, and a realm that may be asked before any other. When there
 * is no such realm, the first one, to say what is wrong with it; undefined when there is nothing to meet.
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
  return [{ kind: "token", service, challenged: parameters.get("scope") }];
}
