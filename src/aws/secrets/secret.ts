import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** Reads the current version of a secret of AWS Secrets Manager, without a cache. Empty when the secret has no text. */
export function createSecretReader(
  client: SecretsManagerClient,
  arn: string,
): (signal?: AbortSignal) => Promise<string> {
  return async (signal) => {
    const command = new GetSecretValueCommand({ SecretId: arn });
    const { SecretString = "" } = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
    return SecretString;
  };
}
