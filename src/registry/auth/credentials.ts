/** What proves who we are to one registry. Lives in memory only. */
export type Credentials =
  | { readonly kind: "anonymous" }
  /** RFC 7617. Amazon ECR: user `AWS`; token servers: what the registry's operator gave. */
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  /**
   * A refresh token: good for nothing but other tokens, at the token server of a challenge (distribution project, "OAuth2 Token
   * Authentication"). Docker's `identitytoken`, and what a credential helper gives for the user `<token>`.
   */
  | { readonly kind: "identity-token"; readonly token: string }
  /** The registry takes it as it is (RFC 6750): Docker's `registrytoken`, a Google access token at Artifact Registry. */
  | { readonly kind: "registry-token"; readonly token: string };

/**
 * Gives the credentials of one registry, from its cache while they are good.
 * `refused` names credentials the registry has just refused, so that the cache does not give them again.
 */
export type CredentialsSource = (signal: AbortSignal, refused?: Credentials) => Promise<Credentials>;

/** Credentials that do not change: anonymous, or those of a configuration file. */
export function fixedCredentials(credentials: Credentials): CredentialsSource {
  return () => Promise.resolve(credentials);
}

/** The Authorization header that shows credentials themselves; undefined where there are none, or only an exchange can use them. */
export function authorizationHeader(credentials: Credentials): string | undefined {
  switch (credentials.kind) {
    case "anonymous":
    case "identity-token":
      return undefined;
    case "basic":
      return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
    case "registry-token":
      return `Bearer ${credentials.token}`;
  }
}
