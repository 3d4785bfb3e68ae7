import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { clientLimits } from "../client/client-limits.ts";
import { createSecretReader } from "./secret.ts";

/** Opens a secret in the region that its ARN names (AWS General Reference, "ARN format"). */
export function openSecret(arn: string): (signal: AbortSignal) => Promise<string> {
  const region = arn.split(":")[3] ?? "";
  return createSecretReader(new SecretsManagerClient({ ...clientLimits(), region }), arn);
}
