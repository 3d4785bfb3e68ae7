import { request as send } from "undici";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import { specificationProfile } from "../../local/registry/profiles/specification.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";

/** A request that a registry receives. */
export interface Asked {
  readonly method: string;
  /** Path and query, unchanged. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** Bytes of the body after which the connection ends. */
  readonly cutAt?: number;
}

/** The unusual behaviour of a registry. `next` answers as a plain registry; `self` is the registry's own address. */
export type Oddity = (
  asked: Asked,
  next: (asked: Asked) => Promise<Answered>,
  self: string,
) => Answered | Promise<Answered>;

export interface OddRegistry extends AsyncDisposable {
  /** The address for clients. */
  readonly host: string;
  /** The address of the plain registry behind it. */
  readonly behind: string;
}

/** Starts a plain registry on loopback with an oddity in front of it. It buffers bodies, since these images are small. */
export async function startOddRegistry(oddity: Oddity): Promise<OddRegistry> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const files = await openRegistryFiles(folder.path);
  const plain = await startRegistry({ directory: folder.path, files, profile: specificationProfile });
  stack.defer(() => plain.close());
  const next = (asked: Asked): Promise<Answered> => forward(plain.host, asked);
  const server = await startHttpServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const { method = "GET", url = "/", headers } = request;
    const answer = await oddity({ method, url, headers, body: Buffer.concat(chunks) }, next, String(headers.host));
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined) response.setHeader(name, value);
    }
    if (method !== "HEAD" && !response.hasHeader("content-length")) {
      response.setHeader("content-length", answer.body.byteLength);
    }
    response.writeHead(answer.status);
    if (method === "HEAD") return void response.end();
    if (answer.cutAt === undefined) return void response.end(answer.body);
    response.write(answer.body.subarray(0, answer.cutAt), () => response.socket?.destroy());
  });
  stack.defer(() => server.close());
  return { host: server.host, behind: plain.host, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Headers of a single connection (RFC 9110, section 7.6.1), and headers that are computed again. */
const HOP = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "date", "expect"]);

async function forward(host: string, { method, url, headers, body }: Asked): Promise<Answered> {
  const passed = Object.entries(headers).filter(
    ([name]) => !HOP.has(name) && name !== "host" && name !== "authorization",
  );
  const answer = await send(`http://${host}${url}`, {
    method,
    headers: Object.fromEntries(passed),
    body: method === "GET" || method === "HEAD" ? null : body,
  });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  const kept = Object.entries(answer.headers).filter(
    ([name]) => !HOP.has(name) || (name === "content-length" && method === "HEAD"),
  );
  return { status: answer.statusCode, headers: Object.fromEntries(kept), body: bytes };
}

/** An error answer (distribution-spec, "Error Codes"). */
export function refusal(status: number, code: string, headers: Answered["headers"] = {}): Answered {
  const body = Buffer.from(JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll("_", " ") }] }));
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}

export function json(value: unknown, status = 200): Answered {
  return { status, headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify(value)) };
}

/** The subject of a request, from its path. */
export function subjectOf({ url }: Asked): "ping" | "manifest" | "blob" | "upload" | "referrers" | "tags" | "other" {
  const path = url.split("?")[0] ?? "";
  if (path === "/v2/" || path === "/v2") return "ping";
  if (path.includes("/blobs/uploads")) return "upload";
  const kind = /\/(manifests|blobs|referrers|tags)\/[^/]+$/.exec(path)?.[1];
  if (kind === "manifests") return "manifest";
  if (kind === "blobs") return "blob";
  return kind === "referrers" || kind === "tags" ? kind : "other";
}
