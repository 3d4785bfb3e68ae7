import type { ServerResponse } from "node:http";

/** Answers with JSON; `type` as the service that is played names it. */
export function sendJson(response: ServerResponse, status: number, body: object, type = "application/json"): void {
  response.writeHead(status, { "content-type": type }).end(JSON.stringify(body));
}

/** What Google's APIs call JSON. */
export const GOOGLE_JSON = "application/json; charset=utf-8";
/** What AWS's APIs do (AWS JSON protocol 1.1). */
export const AWS_JSON = "application/x-amz-json-1.1";
