import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { createSecretReader } from "./secret.ts";

/** Refusals for what we are or what we ask for: throttling, outages and broken connections pass. */
const FINAL = /AccessDenied|ResourceNotFound|InvalidParameter|InvalidRequest|DecryptionFailure|UnrecognizedClient/;

/** Reads what logs in to a destination from AWS Secrets Manager; a failure is the destination's, and says what to check. */
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
      const category = FINAL.test(name) ? "permanent" : "deferred";
      throw new RegistryError(
        { side: "target", operation: "get-credentials", subject: arn, category },
        `the secret that logs in to the destination cannot be read (${name}); check that it is there, and that the functions' roles may read and decrypt it`,
        { cause },
      );
    }
  };
}
