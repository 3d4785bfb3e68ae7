import type { ServerResponse } from "node:http";

/** Sends JSON. `type` is the media type of the emulated service. */
export function sendJson(response: ServerResponse, status: number, body: object, type = "application/json"): void {
  response.writeHead(status, { "content-type": type }).end(JSON.stringify(body));
}

/** The media type of JSON in Google's APIs. */
export const GOOGLE_JSON = "application/json; charset=utf-8";
/** The media type of JSON in AWS's APIs (AWS JSON protocol 1.1). */
export const AWS_JSON = "application/x-amz-json-1.1";
