import { authorizationHeader } from "../credentials/credentials.ts";
import type { Credentials } from "../credentials/credentials.ts";
import type { TokenService } from "./token.ts";

/** An HTTP request for a token. */
export interface TokenRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly authorization: string | undefined;
}

/** Identifies this program to token servers (RFC 6749, 2.2). */
const CLIENT_ID = "freightliner";

/**
 * A GET with the login as Basic (distribution project, "Token Authentication Specification"), or, for an identity token, a POST that
 * exchanges the refresh token ("OAuth2 Token Authentication").
 */
export function tokenRequest(
  realm: URL,
  { service }: Pick<TokenService, "service">,
  scopes: readonly string[],
  credentials: Credentials,
): TokenRequest {
  if (credentials.kind === "identity-token") return refreshTokenRequest(realm, service, scopes, credentials.token);
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  return { method: "GET", url, authorization: authorizationHeader(credentials) };
}

function refreshTokenRequest(
  url: URL,
  service: string | undefined,
  scopes: readonly string[],
  refreshToken: string,
): TokenRequest {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    // The specification requires a service: for a challenge without one, the host stands in.
    service: service ?? url.host,
    client_id: CLIENT_ID,
    scope: scopes.join(" "),
    refresh_token: refreshToken,
  });
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new TextEncoder().encode(form.toString()),
    authorization: undefined,
  };
}
