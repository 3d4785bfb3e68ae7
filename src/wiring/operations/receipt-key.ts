import { KMSClient } from "@aws-sdk/client-kms";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { clientLimits } from "../../aws/client/client-limits.ts";
import { readPublicKey } from "../../aws/kms/kms-signer.ts";
import { SealEnvironment } from "../../contract/stack/environment.ts";
import { StackUnavailableError, variablesOf } from "./open-operations.ts";
import type { CloudAccess } from "./open-operations.ts";

/** The public key, in PEM, of a stack that signs its receipts. @throws {StackUnavailableError} when it does not. */
export async function readReceiptKey(stack: string, access: CloudAccess, signal: AbortSignal): Promise<string> {
  const lambda = new LambdaClient({ ...clientLimits(), ...access });
  const reading = variablesOf({ stack, name: "seal" }, lambda, signal).finally(() => lambda.destroy());
  const variables = await reading.catch((cause: unknown) => {
    throw new StackUnavailableError(
      `${stack} does not sign its receipts, or cannot be read; set "stack.signReceipts", check --stack and AWS_REGION`,
      { cause },
    );
  });
  const { FREIGHTLINER_RECEIPT_KEY: keyArn } = SealEnvironment.parse(variables);
  const endpoint = access.endpoint === undefined ? undefined : variables["AWS_ENDPOINT_URL_KMS"];
  return publicKeyOf(keyArn, { ...access, ...(endpoint === undefined ? {} : { endpoint }) }, signal);
}

/** The public key, in PEM, of a key in KMS. @throws {SigningError} when the caller may not read it. */
export async function publicKeyOf(keyArn: string, access: CloudAccess, signal: AbortSignal): Promise<string> {
  const client = new KMSClient({ ...clientLimits(), ...access });
  try {
    return await readPublicKey(client, keyArn, signal);
  } finally {
    client.destroy();
  }
}
