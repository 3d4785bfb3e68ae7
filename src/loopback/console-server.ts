import { readFile } from "node:fs/promises";
import { globSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { startHttpServer } from "./http-server.ts";
import type { Answer, RunningServer } from "./http-server.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** The console loads only its own files, runs no inline script or style, and cannot be framed. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/** Paths of the HTTP API. */
const API = /^\/(?:api\/.*|openapi\.json|health|ready|metrics)$/;

/** Serves the console's files on loopback, and the API beside them. @param folder where the console was built. @throws {PortInUseError} */
export async function startConsole(
  folder: string,
  answerApi: Answer,
  port = 0,
): Promise<RunningServer & AsyncDisposable> {
  const files = await readFiles(folder);
  const server = await startHttpServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://console").pathname;
    if (API.test(path)) return answerApi(request, response);
    if (request.method !== "GET" && request.method !== "HEAD")
      return refuse(response, 405, "the console can only be read");
    const file = files.get(path === "/" ? "/index.html" : path);
    if (file === undefined) return refuse(response, 404, "there is no such page");
    response.writeHead(200, { ...HEADERS, "content-type": file.type }).end(file.body);
  }, port);
  return { ...server, [Symbol.asyncDispose]: () => server.close() };
}

/** All files, by their paths: a build that replaces them does not change what is served. */
async function readFiles(
  folder: string,
): Promise<ReadonlyMap<string, { readonly type: string; readonly body: Buffer }>> {
  const names = globSync("**/*.*", { cwd: folder });
  const read = async (name: string) =>
    [
      `/${name}`,
      { type: TYPES[extname(name)] ?? "application/octet-stream", body: await readFile(join(folder, name)) },
    ] as const;
  return new Map(await Promise.all(names.map(read)));
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...HEADERS, "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}
