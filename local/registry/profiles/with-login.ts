import type { TokenStore } from "../../access/token-store.ts";
import { specificationProfile } from "./profile.ts";
import type { Profile } from "./profile.ts";
import { ErrorResponse } from "../protocol/error-response.ts";

/** How a registry lets people in, and whom. */
export type RegistryLogin =
  /** Every request carries user and password (RFC 7617), as behind `htpasswd`. */
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  /** User and password give a token for one scope (Docker Registry token authentication); requests carry the token. */
  | TokenServer
  /** Every request carries one token (RFC 6750), which its operator gave. */
  | { readonly kind: "token"; readonly token: string };

interface TokenServer {
  readonly kind: "token-server";
  readonly username: string;
  readonly password: string;
  readonly tokens: Pick<TokenStore, "issue" | "verify">;
}

const LIFE_MS = 300_000;

/** The specification behind a login, for reading as for writing: Harbor, Quay, Artifactory and most others, seen from outside. */
export function createLoginProfile(login: RegistryLogin): Profile {
  return {
    ...specificationProfile,
    unknownRepository: () => new ErrorResponse(404, "NAME_UNKNOWN", "repository name not known to registry"),
    authorize({ headers }, repository, action) {
      if (isIn(login, headers.authorization ?? "")) return undefined;
      const actions = action === "pull" ? "pull" : "pull,push";
      const scope = repository === undefined ? "" : `,scope="repository:${repository}:${actions}"`;
      const realm = `http://${headers.host}/v2/token`;
      const challenge =
        login.kind === "basic" ? 'Basic realm="registry"' : `Bearer realm="${realm}",service="registry"${scope}`;
      return new ErrorResponse(401, "UNAUTHORIZED", "authentication required", {
        headers: { "www-authenticate": challenge },
      });
    },
    ...(login.kind === "token-server" ? { issueToken: (authorization) => tokenFor(login, authorization) } : {}),
  };
}

function tokenFor(login: TokenServer, authorization: string | undefined): string | ErrorResponse {
  if (authorization === basic(login)) return login.tokens.issue(LIFE_MS);
  return new ErrorResponse(401, "UNAUTHORIZED", "incorrect username or password");
}

function isIn(login: RegistryLogin, authorization: string): boolean {
  if (login.kind === "basic") return authorization === basic(login);
  const [scheme = "", token = ""] = authorization.split(" ");
  if (scheme.toLowerCase() !== "bearer") return false;
  return login.kind === "token" ? token === login.token : login.tokens.verify(token);
}

function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
