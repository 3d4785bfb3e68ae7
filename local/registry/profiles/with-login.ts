import { basicAuthorization } from "../../access/basic-authorization.ts";
import type { TokenStore } from "../../access/token-store.ts";
import { ErrorResponse } from "../protocol/error-response.ts";
import type { AccessPolicy, Profile } from "./profile.ts";
import { specificationProfile } from "./specification.ts";

/** How a registry authenticates requests. */
export type RegistryLogin =
  /** Every request carries user and password (RFC 7617), as with `htpasswd`. */
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  /** A token server exchanges user and password for a token (Docker Registry token authentication); requests carry the token. */
  | TokenServer
  /** Every request carries one fixed token (RFC 6750). */
  | { readonly kind: "token"; readonly token: string };

interface TokenServer {
  readonly kind: "token-server";
  readonly username: string;
  readonly password: string;
  readonly tokens: Pick<TokenStore, "issue" | "verify">;
}

const LIFE_MS = 300_000;

/** The specification's registry with a login for reads and writes, like Harbor, Quay, Artifactory and most others. */
export function createLoginProfile(login: RegistryLogin): Profile {
  return { ...specificationProfile, access: accessPolicy(login) };
}

function accessPolicy(login: RegistryLogin): AccessPolicy {
  return {
    ...specificationProfile.access,
    authorize({ headers }, repository, action) {
      if (isAuthenticated(login, headers.authorization ?? "")) return undefined;
      const actions = action === "pull" ? "pull" : "pull,push";
      const scope = repository === undefined ? "" : `,scope="repository:${repository}:${actions}"`;
      const realm = `http://${headers.host}/v2/token`;
      const challenge =
        login.kind === "basic" ? 'Basic realm="registry"' : `Bearer realm="${realm}",service="registry"${scope}`;
      return new ErrorResponse(401, "UNAUTHORIZED", "authentication required", {
        headers: { "www-authenticate": challenge },
      });
    },
    ...(login.kind === "token-server" ? { issueToken: (authorization) => issueToken(login, authorization) } : {}),
  };
}

function issueToken(login: TokenServer, authorization: string | undefined): string | ErrorResponse {
  if (authorization === basicAuthorization(login)) return login.tokens.issue(LIFE_MS);
  return new ErrorResponse(401, "UNAUTHORIZED", "incorrect username or password");
}

function isAuthenticated(login: RegistryLogin, authorization: string): boolean {
  if (login.kind === "basic") return authorization === basicAuthorization(login);
  const [scheme = "", token = ""] = authorization.split(" ");
  if (scheme.toLowerCase() !== "bearer") return false;
  return login.kind === "token" ? token === login.token : login.tokens.verify(token);
}
