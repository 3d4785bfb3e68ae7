import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { Side } from "../../oci/errors/registry-error.ts";
import type { CredentialsSource } from "./credentials.ts";

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
