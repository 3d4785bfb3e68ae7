import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import type { AsynchronousInvocation } from "./asynchronous-invocation.ts";
import type { InvocationResult } from "./execution-environment.ts";
import type { LocalFunction } from "./function.ts";
import type { EventSourceMapping } from "./event-source-mapping.ts";
import { requireKey, TEST_KEY } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import type { RunningServer } from "../../src/loopback/http-server.ts";
import { readBody } from "../http/read-body.ts";
import { sendJson } from "../http/send-json.ts";

/** An event source mapping, and the queue it reads. */
export interface MappedQueue {
  readonly mapping: EventSourceMapping;
  readonly queueArn: string;
}

/** What the Lambda API knows: the copy function's mappings by their UUIDs, and functions' variables by their names. */
export interface LambdaApiOptions {
  readonly mappings: ReadonlyMap<string, MappedQueue>;
  readonly variables: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Functions that can be invoked with waiting for their result, by their names. */
  readonly functions?: ReadonlyMap<string, LocalFunction["invoke"]>;
  /** Functions that can be invoked without waiting for them, by their names. */
  readonly invocations?: ReadonlyMap<string, AsynchronousInvocation["accept"]>;
}

const INVOCATION = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

const Change = z.object({
  Enabled: z.boolean().optional(),
  ScalingConfig: z.object({ MaximumConcurrency: z.int().min(2).max(1_000).optional() }).optional(),
});

/** The quota of a new region, and nothing reserved (Lambda API, "GetAccountSettings"; AWS Lambda developer guide, "Lambda quotas"). */
const ACCOUNT = { AccountLimit: { ConcurrentExecutions: 1_000, UnreservedConcurrentExecutions: 1_000 } };

/** The actions of the Lambda API that we call: List- and UpdateEventSourceMapping, GetFunctionConfiguration, GetAccountSettings, and Invoke. */
export function startLambdaApi(options: LambdaApiOptions, key: AccessKeyId = TEST_KEY): Promise<RunningServer> {
  return startHttpServer(requireKey(key, (request, response) => answer(request, response, options)));
}

async function answer(request: IncomingMessage, response: ServerResponse, options: LambdaApiOptions): Promise<void> {
  const body = await readBody(request);
  const [path = ""] = decodeURIComponent(request.url ?? "").split("?");
  const invoked = request.method === "POST" ? INVOCATION.exec(path)?.[1] : undefined;
  if (invoked !== undefined && (await invoke(invoked, body, { request, response }, options))) return;
  if (path === "/2016-08-19/account-settings") return sendJson(response, 200, ACCOUNT);
  const found = request.method === "PUT" ? changed(path, body, options) : shown(path, options);
  if (found !== undefined) return sendJson(response, 200, found);
  // Clients know errors by this header (Smithy, AWS restJson1 protocol).
  response.setHeader("x-amzn-errortype", "ResourceNotFoundException");
  return sendJson(response, 404, { Type: "User", Message: `Resource not found: ${path}` });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Invokes a function, and answers. @returns false when there is no such function. */
async function invoke(
  name: string,
  body: string,
  { request, response }: Exchange,
  { functions, invocations }: LambdaApiOptions,
): Promise<boolean> {
  const event: unknown = JSON.parse(body);
  if (request.headers["x-amz-invocation-type"] === "Event") {
    const isAccepted = invocations?.get(name)?.(event).kind === "accepted";
    if (isAccepted) response.writeHead(202).end();
    return isAccepted;
  }
  const call = functions?.get(name);
  if (call !== undefined) sendResult(response, await call(event));
  return call !== undefined;
}

/** The answer to a synchronous invocation: 200 also for a function that failed (Lambda API, "Invoke", X-Amz-Function-Error). */
function sendResult(response: ServerResponse, result: InvocationResult): void {
  if (result.kind === "returned") return void response.writeHead(200).end(JSON.stringify(result.value ?? null));
  response.setHeader("x-amz-function-error", "Unhandled");
  const failure =
    result.kind === "failed"
      ? { errorType: result.errorType, errorMessage: result.errorMessage }
      : { errorType: "Sandbox.Timedout", errorMessage: "Task timed out" };
  return sendJson(response, 200, failure);
}

function changed(path: string, body: string, { mappings }: LambdaApiOptions): object | undefined {
  const found = mappings.get(/^\/2015-03-31\/event-source-mappings\/([^/]+)\/?$/.exec(path)?.[1] ?? "");
  if (found === undefined) return undefined;
  const change = Change.parse(JSON.parse(body));
  found.mapping.update({ enabled: change.Enabled, maxConcurrency: change.ScalingConfig?.MaximumConcurrency });
  return { State: "Updating" };
}

function shown(path: string, { mappings, variables }: LambdaApiOptions): object | undefined {
  if (/^\/2015-03-31\/event-source-mappings\/?$/.test(path)) {
    return { EventSourceMappings: [...mappings].map(([UUID, { queueArn }]) => ({ UUID, EventSourceArn: queueArn })) };
  }
  const name = /^\/2015-03-31\/functions\/([^/]+)\/configuration$/.exec(path)?.[1] ?? "";
  const found = variables.get(name);
  return found === undefined ? undefined : { FunctionName: name, Environment: { Variables: found } };
}
