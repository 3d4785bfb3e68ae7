import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { isRepositoryName } from "../../src/oci/reference.ts";
import { isMalformedRequest, startHttpServer } from "../http/http-server.ts";
import type { RunningServer } from "../http/http-server.ts";
import { blobRoute } from "./routes/blob-routes.ts";
import { openContentFiles } from "./storage/content-files.ts";
import type { ContentFiles } from "./storage/content-files.ts";
import { methodNotAllowed } from "./routes/registry-context.ts";
import type { Exchange, RegistryContext } from "./routes/registry-context.ts";
import { referrersRoute, tagsRoute } from "./routes/listing-routes.ts";
import { manifestRoute } from "./routes/manifest-routes.ts";
import type { Action, Profile } from "./profiles/profile.ts";
import { ErrorResponse } from "./protocol/error-response.ts";
import type { OnRegistryEvent } from "./protocol/registry-event.ts";
import { openRepositoryIndex } from "./storage/repository-index.ts";
import type { RepositoryIndex } from "./storage/repository-index.ts";
import { sendFile } from "./storage/send-file.ts";
import { startUploadRoute, uploadRoute } from "./routes/upload-routes.ts";
import { createUploadSessions, isDiskFull } from "./storage/upload-sessions.ts";

export interface RegistryOptions {
  /** Where everything is kept; a registry started on it again has it all. */
  readonly directory: string;
  /** Made from the content files, which a cloud's own download server shares. */
  readonly profile: Profile;
  readonly files: ContentFiles;
  /** A free one when not given. */
  readonly port?: number | undefined;
  readonly onEvent?: OnRegistryEvent | undefined;
}

/** A registry that runs, and what it holds: for the API its cloud has beside it. */
export interface RunningRegistry extends RunningServer {
  readonly catalog: Pick<RepositoryIndex, "names" | "find" | "save">;
}

/** Starts a registry of the OCI distribution-spec 1.1 on loopback, strict, on disk, with a cloud's own ways. */
export async function startRegistry({
  directory,
  files,
  profile,
  port,
  onEvent,
}: RegistryOptions): Promise<RunningRegistry> {
  const index = await openRepositoryIndex(join(directory, "repositories"));
  const uploads = createUploadSessions({ files, endsWhenBroken: profile.endsBrokenUploads });
  const parts: RegistryContext = { files, index, uploads, profile, emit: onEvent ?? (() => undefined) };
  const server = await startHttpServer((request, response) => {
    const path = request.url ?? "/";
    response.setHeader("docker-distribution-api-version", "registry/2.0");
    response.on("close", () =>
      parts.emit({ kind: "request", method: request.method ?? "", path, status: response.statusCode }),
    );
    route(request, response, parts).catch((error: unknown) => refuse(request, response, error));
  }, port);
  return { ...server, catalog: index };
}

/** Opens the blobs and manifests of a registry's directory. */
export function openRegistryFiles(directory: string): Promise<ContentFiles> {
  return openContentFiles(join(directory, "content"));
}

const ROUTE =
  /^\/v2\/(?<name>.+?)\/(?:(?<kind>manifests|blobs|referrers)\/(?<reference>[^/]+)|blobs\/uploads\/(?<upload>[^/]*)|tags\/(?<tags>list))$/;

async function route(request: IncomingMessage, response: ServerResponse, parts: RegistryContext): Promise<void> {
  const url = new URL(request.url ?? "/", "http://registry");
  const method = request.method ?? "GET";
  const extra = extraRoute({ request, response, url, method, repository: "" }, parts);
  if (extra !== undefined) return extra;
  const groups = ROUTE.exec(url.pathname)?.groups;
  const name = groups?.["name"];
  const refusal = parts.profile.authorize(request, name, actionOf(method));
  if (refusal !== undefined) throw refusal;
  if (url.pathname === "/v2/") return sendJson(response, {});
  if (groups === undefined || name === undefined) throw new ErrorResponse(404, "UNSUPPORTED", "no such endpoint");
  if (!isRepositoryName(name)) throw new ErrorResponse(400, "NAME_INVALID", "invalid repository name");
  const refused = parts.profile.refuseName(name, actionOf(method));
  if (refused !== undefined) throw refused;
  await dispatch({ request, response, url, method, repository: name }, parts, groups);
}

async function dispatch(
  exchange: Exchange,
  parts: RegistryContext,
  groups: Record<string, string | undefined>,
): Promise<void> {
  const { kind, reference = "", upload, tags } = groups;
  if (tags !== undefined) return tagsRoute(exchange, parts);
  if (upload !== undefined && upload !== "") return uploadRoute(exchange, parts, upload);
  if (upload === "" || (kind === "blobs" && reference === "uploads")) return startUploadRoute(exchange, parts);
  if (kind === "manifests") return manifestRoute(exchange, parts, decodeURIComponent(reference));
  if (kind === "referrers") return referrersRoute(exchange, parts, reference);
  return blobRoute(exchange, parts, reference);
}

/** Answers a path of the cloud's own; undefined when it is none. */
function extraRoute(exchange: Exchange, parts: RegistryContext): Promise<void> | undefined {
  const { pathname } = exchange.url;
  if (pathname === "/v2/token" && parts.profile.issueToken !== undefined) {
    const token = parts.profile.issueToken(exchange.request.headers.authorization);
    if (token instanceof ErrorResponse) throw token;
    return Promise.resolve(sendJson(exchange.response, { token, expires_in: 43_200 }));
  }
  for (const { pattern, kind } of parts.profile.extraRoutes) {
    const id = pattern.exec(pathname)?.groups?.["id"];
    if (id === undefined) continue;
    // Clients send no login to these: the id is what was given to one.
    return kind === "upload" ? uploadRoute(exchange, parts, id) : sendDownload(exchange, parts, id);
  }
  return undefined;
}

function sendJson(response: ServerResponse, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text);
}

async function sendDownload(exchange: Exchange, { files, profile }: RegistryContext, id: string): Promise<void> {
  if (exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed();
  const digest = profile.readDownload?.(id);
  const size = digest === undefined ? undefined : await files.size(digest);
  if (digest === undefined || size === undefined)
    throw new ErrorResponse(404, "BLOB_UNKNOWN", "blob unknown to registry");
  await sendFile(exchange, files, { digest, size });
}

function actionOf(method: string): Action {
  if (method === "GET" || method === "HEAD") return "pull";
  return method === "DELETE" ? "delete" : "push";
}

/** Answers with the specification's error body. A request whose body was not read is answered on a closing connection. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const known = refusalOf(error);
  const body = Buffer.from(
    JSON.stringify({ errors: [{ code: known.code, message: known.message, detail: known.detail }] }),
  );
  response.writeHead(known.status, {
    "content-type": "application/json",
    "content-length": body.byteLength,
    ...known.headers,
    ...(request.complete ? {} : { connection: "close" }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** What went wrong, as an answer: a full disk is said to be one (RFC 4918, 11.5). */
function refusalOf(error: unknown): ErrorResponse {
  if (error instanceof ErrorResponse) return error;
  if (isMalformedRequest(error)) return new ErrorResponse(400, "UNSUPPORTED", "the request cannot be read");
  return isDiskFull(error)
    ? new ErrorResponse(507, "UNKNOWN", "the disk is full")
    : new ErrorResponse(500, "UNKNOWN", "internal error");
}
