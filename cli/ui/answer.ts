import type { IncomingMessage, ServerResponse } from "node:http";
import type { Api } from "../../src/api/protocol/api-environment.ts";
import { MOST_BYTES } from "../../src/api/guards/request-guard.ts";

const WITHOUT_BODY: ReadonlySet<string> = new Set(["GET", "HEAD"]);
/** Methods that no request may have (Fetch standard, "Methods"). */
const FORBIDDEN: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

/** Answers requests of a server of Node by the API. */
export function createAnswer(api: Pick<Api, "fetch">) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "GET", url = "/", headers } = request;
    if (FORBIDDEN.has(method)) return void response.writeHead(405, { allow: "GET, HEAD, POST" }).end();
    const sent = new Headers();
    for (const [name, value] of Object.entries(headers)) if (typeof value === "string") sent.set(name, value);
    const body = WITHOUT_BODY.has(method) ? {} : { body: await readBytes(request) };
    const answer = await api.fetch(new Request(new URL(url, "http://console"), { method, headers: sent, ...body }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  };
}

/** The body, or a little more of it than the API takes, which it then refuses. */
async function readBytes(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    if (length <= MOST_BYTES) chunks.push(bytes);
    length += bytes.byteLength;
  }
  return Buffer.concat(chunks);
}
