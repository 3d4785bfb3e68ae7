import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { createSecretReader } from "./secret.ts";

/** Names of permanent errors. Throttling, outages and broken connections are temporary. */
const PERMANENT = /AccessDenied|ResourceNotFound|InvalidParameter|InvalidRequest|DecryptionFailure|UnrecognizedClient/;

/** Reads a destination's login from AWS Secrets Manager. A failure is a {@link RegistryError} of the target that says what to check. */
export function createLoginSecretReader(
  client: SecretsManagerClient,
  arn: string,
): (signal: AbortSignal) => Promise<string> {
  const read = createSecretReader(client, arn);
  return async (signal) => {
    try {
      return await read(signal);
    } catch (cause) {
      signal.throwIfAborted();
      const name = cause instanceof Error ? cause.name : "unknown";
      const category = PERMANENT.test(name) ? "permanent" : "deferred";
      throw new RegistryError(
        { side: "target", operation: "get-credentials", subject: arn, category },
        `the secret that logs in to the destination cannot be read (${name}); check that it exists and that the functions' roles may read and decrypt it`,
        { cause },
      );
    }
  };
}
