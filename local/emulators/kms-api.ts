import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { requireKey, TEST_KEY } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import type { RunningServer } from "../../src/loopback/http-server.ts";
import { readBody } from "../http/read-body.ts";
import { AWS_JSON, sendJson } from "../http/send-json.ts";
import { signHash } from "./ecdsa.ts";

const Request = z.object({ KeyId: z.string() });
const Sign = Request.extend({
  Message: z.base64(),
  MessageType: z.literal("DIGEST"),
  SigningAlgorithm: z.literal("ECDSA_SHA_256"),
});

/**
 * Emulates Sign and GetPublicKey of AWS KMS (AWS JSON 1.1) with one key on P-256. With a file the key outlives the process, as the
 * receipts do that it signed.
 */
export async function startKms(
  keyArn: string,
  file?: string,
  accessKey: AccessKeyId = TEST_KEY,
): Promise<RunningServer> {
  const key = file === undefined ? newKey() : await keptKey(file);
  return startHttpServer(requireKey(accessKey, (request, response) => answer(request, response, { key, keyArn })));
}

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

async function keptKey(file: string): Promise<KeyObject> {
  const known = await readFile(file, "utf8").catch(() => undefined);
  if (known !== undefined) return createPrivateKey(known);
  const key = newKey();
  await writeFile(file, key.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  return key;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { key, keyArn }: { readonly key: KeyObject; readonly keyArn: string },
): Promise<void> {
  const body: unknown = JSON.parse(await readBody(request));
  const isKnown = Request.parse(body).KeyId === keyArn;
  const action = isKnown ? request.headers["x-amz-target"] : undefined;
  switch (action) {
    case "TrentService.Sign":
      return sendJson(response, 200, { KeyId: keyArn, ...signed(Sign.parse(body), key) }, AWS_JSON);
    case "TrentService.GetPublicKey": {
      const PublicKey = createPublicKey(key).export({ type: "spki", format: "der" }).toString("base64");
      return sendJson(response, 200, { KeyId: keyArn, PublicKey, KeySpec: "ECC_NIST_P256" }, AWS_JSON);
    }
    default:
      return sendJson(response, 400, { __type: "NotFoundException", message: `no key ${keyArn}` }, AWS_JSON);
  }
}

function signed({ Message, SigningAlgorithm }: z.infer<typeof Sign>, key: KeyObject) {
  const signature = signHash(Buffer.from(Message, "base64"), key);
  return { Signature: Buffer.from(signature).toString("base64"), SigningAlgorithm };
}
