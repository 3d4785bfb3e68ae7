import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { startHttpServer } from "../http/http-server.ts";
import { answerAsLocalUser } from "../lambda/function-url.ts";
import type { LocalFunction } from "../lambda/function.ts";
import type { RunningServer } from "../http/http-server.ts";
import type { Poller } from "./poller.ts";

const FILES = {
  "/": { name: "page.html", type: "text/html; charset=utf-8" },
  "/page.css": { name: "page.css", type: "text/css; charset=utf-8" },
  "/page.js": { name: "page.js", type: "text/javascript; charset=utf-8" },
} as const;

/** The page loads only its own files, runs no inline script or style, and cannot be framed. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};
/** Interval of keep-alive comments, in milliseconds. */
const ALIVE_MS = 15_000;

/** Paths of the HTTP API. */
const API = /^\/(?:api\/.*|openapi\.json|health|ready|metrics)$/;

/** Serves the live page on loopback, and the API beside it. Status arrives as server-sent events (HTML standard, 9.2). */
export async function startPage<Look>(
  looks: Poller<Look>,
  api: Pick<LocalFunction, "invoke">,
  port = 0,
): Promise<RunningServer> {
  const folder = new URL(".", import.meta.url);
  const contents = new Map<string, { readonly type: string; readonly body: Buffer }>();
  for (const [path, { name, type }] of Object.entries(FILES)) {
    contents.set(path, { type, body: await readFile(new URL(name, folder)) });
  }
  return startHttpServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://page").pathname;
    if (API.test(path)) return answerAsLocalUser(request, response, api);
    const file = contents.get(path);
    if (request.method !== "GET") return refuse(response, 405, "this page can only be read");
    if (path === "/looks") return stream(looks, request, response);
    if (file === undefined) return refuse(response, 404, "there is no such page");
    response.writeHead(200, { ...HEADERS, "content-type": file.type }).end(file.body);
  }, port);
}

function stream<Look>(looks: Poller<Look>, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" });
  response.write("retry: 1000\n\n");
  let last = "";
  const unsubscribe = looks.subscribe((look) => {
    const data = JSON.stringify(look);
    // A slow reader skips updates instead of filling a buffer.
    if (data === last || response.writableNeedDrain) return;
    last = data;
    response.write(`data: ${data}\n\n`);
  });
  const alive = setInterval(() => response.write(":\n\n"), ALIVE_MS);
  request.socket.once("close", () => {
    clearInterval(alive);
    unsubscribe();
  });
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...HEADERS, "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}
