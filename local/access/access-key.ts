import { randomBytes } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Answer } from "../../src/loopback/http-server.ts";
import { LOCAL_AWS, LOCAL_CREDENTIALS } from "./local-aws.ts";
import { AWS_JSON, sendJson } from "../http/send-json.ts";

/**
 * The access key ID that one local stack accepts, random for each start. Every signed request contains it (IAM user guide, "Elements of
 * an AWS API request signature"). The emulators check the ID and not the signature: other users of this machine do not know the ID.
 */
export type AccessKeyId = string;

/** The key of emulators that a test starts on their own. */
export const TEST_KEY: AccessKeyId = LOCAL_CREDENTIALS.accessKeyId;

/** A new key in AWS's alphabet of upper-case letters and digits, with 160 random bits. */
export function createAccessKey(): AccessKeyId {
  return `AKIALOCAL${BigInt(`0x${randomBytes(20).toString("hex")}`)
    .toString(36)
    .toUpperCase()}`;
}

/** Configuration of an AWS client that calls a stack's emulators. */
export function awsConfigOf(key: AccessKeyId) {
  return { ...LOCAL_AWS, credentials: { ...LOCAL_CREDENTIALS, accessKeyId: key } };
}

/** The environment variables from which the AWS SDK reads the key. */
export function keyVariables(key: AccessKeyId): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey } = awsConfigOf(key).credentials;
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

/** Answers only requests signed with the key. Others get AWS's refusal before their body is read. */
export function requireKey(key: AccessKeyId, answer: Answer): Answer {
  return (request, response) => (isSigned(request, key) ? answer(request, response) : refuse(request, response));
}

/** {@link requireKey} for a server that a library creates. */
export function requireKeyOnListener(key: AccessKeyId, listener: RequestListener): RequestListener {
  return (request, response) => (isSigned(request, key) ? listener(request, response) : refuse(request, response));
}

/** True when an Authorization header of AWS Signature Version 4 contains the key ID. */
export function isSignedWithKey(authorization: string, key: AccessKeyId): boolean {
  return authorization.startsWith(`AWS4-HMAC-SHA256 Credential=${key}/`);
}

function isSigned({ headers }: IncomingMessage, key: AccessKeyId): boolean {
  return isSignedWithKey(headers.authorization ?? "", key);
}

/** AWS's answer to an unknown key (AWS service authorization, "Common errors"). */
function refuse(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const __type = "UnrecognizedClientException";
  response.setHeader("x-amzn-errortype", __type);
  response.setHeader("connection", "close");
  sendJson(response, 403, { __type, message: "The security token included in the request is invalid." }, AWS_JSON);
}
