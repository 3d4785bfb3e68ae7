import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { Side } from "../../oci/errors/registry-error.ts";

/** A login at one registry. Kept in memory only. */
export type Credentials =
  | { readonly kind: "anonymous" }
  /** RFC 7617. At Amazon ECR, the user is `AWS`. */
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  /**
   * A refresh token, which only the token server of a challenge exchanges for other tokens (distribution project, "OAuth2 Token
   * Authentication"). Docker's `identitytoken`, and the secret of a credential helper for the user `<token>`.
   */
  | { readonly kind: "identity-token"; readonly token: string }
  /** Sent to the registry as a bearer token (RFC 6750): Docker's `registrytoken`, a Google access token for Artifact Registry. */
  | { readonly kind: "registry-token"; readonly token: string };

/**
 * Returns the credentials for one registry, from a cache until they expire. @param refused credentials that the registry has just
 * refused: the cache does not return them again.
 */
export type CredentialsSource = (signal: AbortSignal, refused?: Credentials) => Promise<Credentials>;

/** A source of credentials that do not expire. */
export function fixedCredentials(credentials: Credentials): CredentialsSource {
  return () => Promise.resolve(credentials);
}

/** Credentials whose failures belong to one side of a copy: the same login may be the source's and a destination's. */
export function credentialsOnSide(credentials: CredentialsSource, side: Side): CredentialsSource {
  return (signal, refused) =>
    credentials(signal, refused).catch((error: unknown) => {
      if (!(error instanceof RegistryError) || error.side === side) throw error;
      const { operation, category, subject, status, code, retryAfterMs, problem } = error;
      const failure = { side, operation, category, subject, status, code, retryAfterMs };
      throw new RegistryError(failure, problem, { cause: error.cause });
    });
}

/** The Authorization header with the credentials themselves; undefined for an anonymous login and for an identity token. */
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
