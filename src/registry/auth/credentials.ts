/** What proves who we are to one registry. Lives in memory only. */
export type Credentials =
  | { readonly kind: "anonymous" }
  /** RFC 7617. Amazon ECR: user `AWS`; token servers: whatever the registry's operator gave. */
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  /** RFC 6750. Artifact Registry takes a Google access token directly. */
  | { readonly kind: "bearer"; readonly token: string };

/**
 * Gives the credentials of one registry, from its cache while they are good.
 * `refused` names credentials the registry has just refused, so that the cache does not give them again.
 */
export type CredentialsSource = (signal: AbortSignal, refused?: Credentials) => Promise<Credentials>;

/** Credentials that do not change: anonymous, or those of a configuration file. */
export function fixedCredentials(credentials: Credentials): CredentialsSource {
  return () => Promise.resolve(credentials);
}

/** The value of an Authorization header, or undefined for anonymous. */
export function authorizationHeader(credentials: Credentials): string | undefined {
  switch (credentials.kind) {
    case "anonymous":
      return undefined;
    case "basic":
      return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
    case "bearer":
      return `Bearer ${credentials.token}`;
  }
}
