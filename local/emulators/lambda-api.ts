import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import type { EventSourceMapping } from "../lambda/event-source-mapping.ts";
import { startHttpServer } from "./http-server.ts";
import type { RunningServer } from "./http-server.ts";
import { readBody } from "./read-body.ts";
import { sendJson } from "./send-json.ts";

/** What the Lambda API knows of: mappings by their UUIDs, functions' variables by their names. */
export interface LambdaApiOptions {
  readonly mappings: ReadonlyMap<string, EventSourceMapping>;
  readonly variables: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

const Change = z.object({
  Enabled: z.boolean().optional(),
  ScalingConfig: z.object({ MaximumConcurrency: z.int().min(2).max(1_000).optional() }).optional(),
});

/** The actions of the Lambda API that we call: UpdateEventSourceMapping and GetFunctionConfiguration. */
export function startLambdaApi(options: LambdaApiOptions): Promise<RunningServer> {
  return startHttpServer((request, response) => answer(request, response, options));
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { mappings, variables }: LambdaApiOptions,
): Promise<void> {
  const body = await readBody(request);
  const path = decodeURIComponent(request.url ?? "");
  const mapping = mappings.get(/^\/2015-03-31\/event-source-mappings\/([^/]+)\/?$/.exec(path)?.[1] ?? "");
  const name = /^\/2015-03-31\/functions\/([^/]+)\/configuration$/.exec(path)?.[1] ?? "";
  const found = variables.get(name);
  if (request.method === "PUT" && mapping !== undefined) {
    const change = Change.parse(JSON.parse(body));
    mapping.update({ enabled: change.Enabled, maxConcurrency: change.ScalingConfig?.MaximumConcurrency });
    return sendJson(response, 202, { State: "Updating" });
  }
  if (request.method === "GET" && found !== undefined) {
    return sendJson(response, 200, { FunctionName: name, Environment: { Variables: found } });
  }
  return sendJson(response, 404, { Type: "User", Message: `Resource not found: ${path}` });
}
