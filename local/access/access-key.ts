import { randomBytes } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Answer } from "../http/http-server.ts";
import { LOCAL_AWS, LOCAL_CREDENTIALS } from "./local-aws.ts";
import { AWS_JSON, sendJson } from "../http/send-json.ts";

/**
 * Who may call the services of one stack: a key ID that is drawn at its start. Requests have it in their signature (IAM user guide, "Elements
 * of an AWS API request signature"); that is not computed again, because the ID alone is what another user of this machine does not know.
 */
export type AccessKeyId = string;

/** What the parts of a test call each other with. */
export const TEST_KEY: AccessKeyId = LOCAL_CREDENTIALS.accessKeyId;

/** A key of upper-case letters and digits, as AWS has them, 160 bits of it random. */
export function createAccessKey(): AccessKeyId {
  return `AKIALOCAL${BigInt(`0x${randomBytes(20).toString("hex")}`)
    .toString(36)
    .toUpperCase()}`;
}

/** Configuration of an AWS client that calls the services of a stack. */
export function awsConfigOf(key: AccessKeyId) {
  return { ...LOCAL_AWS, credentials: { ...LOCAL_CREDENTIALS, accessKeyId: key } };
}

/** An address with a key in it, as `npm start` shows it (`http://KEY@127.0.0.1:PORT`): how to call there. Undefined for any other text. */
export function awsAt(address: string) {
  const { key, host } =
    /^http:\/\/(?<key>[A-Z0-9]{16,128})@(?<host>127\.0\.0\.1:\d{1,5})\/?$/.exec(address)?.groups ?? {};
  return key === undefined ? undefined : { ...awsConfigOf(key), endpoint: `http://${host}` };
}

/** The variables by which the AWS SDK finds the key. */
export function keyVariables(key: AccessKeyId): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey } = awsConfigOf(key).credentials;
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

/** The answer, for requests that are signed with the key; others are refused as AWS does, before anything of theirs is read. */
export function requireKey(key: AccessKeyId, answer: Answer): Answer {
  return (request, response) => (isSigned(request, key) ? answer(request, response) : refuse(request, response));
}

/** {@link requireKey}, for a server that a library has made. */
export function requireKeyOnListener(key: AccessKeyId, listener: RequestListener): RequestListener {
  return (request, response) => (isSigned(request, key) ? listener(request, response) : refuse(request, response));
}

/** True when an Authorization header of AWS Signature Version 4 names the key. */
export function isSignedWithKey(authorization: string, key: AccessKeyId): boolean {
  return authorization.startsWith(`AWS4-HMAC-SHA256 Credential=${key}/`);
}

function isSigned({ headers }: IncomingMessage, key: AccessKeyId): boolean {
  return isSignedWithKey(headers.authorization ?? "", key);
}

/** AWS service authorization, "Common errors": how AWS answers a key it does not know. */
function refuse(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const __type = "UnrecognizedClientException";
  response.setHeader("x-amzn-errortype", __type);
  response.setHeader("connection", "close");
  sendJson(response, 403, { __type, message: "The security token included in the request is invalid." }, AWS_JSON);
}
