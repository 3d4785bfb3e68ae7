import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { LOCAL_ACCOUNT } from "../access/local-aws.ts";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import type { RunningServer } from "../../src/loopback/http-server.ts";
import { readBody } from "../http/read-body.ts";
import type { LocalFunction } from "./function.ts";

const Answer = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(""),
});
/** A user of this machine, as IAM would name them. */
const LOCAL_USER = `arn:aws:iam::${LOCAL_ACCOUNT}:user/local`;

/** A function URL without IAM (AWS Lambda developer guide, "Function URLs"): the function answers for itself, and 502 stands for an error. */
export function startFunctionUrl(target: Pick<LocalFunction, "invoke">): Promise<RunningServer> {
  return startHttpServer((request, response) => answerByFunction(request, response, target));
}

/** Answers as the URL of a function with IAM does for a caller whose signature is valid: every program on this machine is one. */
export function answerAsLocalUser(
  request: IncomingMessage,
  response: ServerResponse,
  target: Pick<LocalFunction, "invoke">,
): Promise<void> {
  return answerByFunction(request, response, target, { authorizer: { iam: { userArn: LOCAL_USER } } });
}

async function answerByFunction(
  request: IncomingMessage,
  response: ServerResponse,
  { invoke }: Pick<LocalFunction, "invoke">,
  caller: object = {},
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const result = await invoke({
    version: "2.0",
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    queryStringParameters: Object.fromEntries(url.searchParams),
    requestContext: { requestId: randomUUID(), http: { method: request.method ?? "" }, ...caller },
    body: await readBody(request),
    isBase64Encoded: false,
  });
  const answered = result.kind === "returned" ? Answer.safeParse(result.value).data : undefined;
  response.writeHead(answered?.statusCode ?? 502, answered?.headers).end(answered?.body ?? "Internal Server Error");
}
