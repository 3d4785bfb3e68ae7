import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { requireKey, TEST_KEY } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import type { RunningServer } from "../../src/loopback/http-server.ts";
import { readBody } from "../http/read-body.ts";
import { AWS_JSON, sendJson } from "../http/send-json.ts";

const Request = z.object({ SecretId: z.string() });

/**
 * Emulates GetSecretValue of AWS Secrets Manager (AWS JSON 1.1): secrets by their ARNs, with their text at the time of
 * the request.
 */
export function startSecretsManager(
  secrets: ReadonlyMap<string, string>,
  key: AccessKeyId = TEST_KEY,
): Promise<RunningServer> {
  return startHttpServer(requireKey(key, (request, response) => answer(request, response, secrets)));
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  secrets: ReadonlyMap<string, string>,
): Promise<void> {
  const { SecretId } = Request.parse(JSON.parse(await readBody(request)));
  const SecretString = secrets.get(SecretId);
  const isKnown = request.headers["x-amz-target"] === "secretsmanager.GetSecretValue" && SecretString !== undefined;
  const body = isKnown
    ? { ARN: SecretId, SecretString }
    : { __type: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret." };
  sendJson(response, isKnown ? 200 : 400, body, AWS_JSON);
}
