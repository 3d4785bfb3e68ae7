import { createHash } from "node:crypto";
import { GetPublicKeyCommand, SignCommand } from "@aws-sdk/client-kms";
import type { KMSClient } from "@aws-sdk/client-kms";
import type { Signer } from "../../replication/proof/envelope.ts";
import { untilAborted } from "../client/until-aborted.ts";

/** KMS refuses, or answers without a signature. */
export class SigningError extends Error {
  override readonly name = "SigningError";
}

/** Signs with an asymmetric key in KMS, on the curve P-256. KMS gets the hash: its messages have at most 4 KB. @throws {SigningError} */
export function createKmsSigner(client: KMSClient, keyArn: string): Signer {
  return {
    keyid: keyArn,
    async sign(bytes, signal) {
      const command = new SignCommand({
        KeyId: keyArn,
        Message: createHash("sha256").update(bytes).digest(),
        MessageType: "DIGEST",
        SigningAlgorithm: "ECDSA_SHA_256",
      });
      const answer = await untilAborted(signal, (options) => client.send(command, options)).catch((cause: unknown) => {
        signal.throwIfAborted();
        throw new SigningError(`KMS did not sign with ${keyArn}; check the key and the function's role`, { cause });
      });
      if (answer.Signature === undefined) throw new SigningError(`KMS answered without a signature of ${keyArn}`);
      return answer.Signature;
    },
  };
}

/** The public key in PEM. @throws {SigningError} */
export async function readPublicKey(client: KMSClient, keyArn: string, signal: AbortSignal): Promise<string> {
  const command = new GetPublicKeyCommand({ KeyId: keyArn });
  const { PublicKey } = await untilAborted(signal, (options) => client.send(command, options)).catch(
    (cause: unknown) => {
      signal.throwIfAborted();
      throw new SigningError(`the public key of ${keyArn} cannot be read; check that you may call kms:GetPublicKey`, {
        cause,
      });
    },
  );
  const base64 = Buffer.from(PublicKey ?? []).toString("base64");
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ["-----BEGIN PUBLIC KEY-----", ...lines, "-----END PUBLIC KEY-----", ""].join("\n");
}
