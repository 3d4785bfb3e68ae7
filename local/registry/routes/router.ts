import type { IncomingMessage, ServerResponse } from "node:http";
import { isRepositoryName } from "../../../src/oci/reference.ts";
import type { Action } from "../profiles/profile.ts";
import { ErrorResponse } from "../protocol/error-response.ts";
import { sendFile } from "../storage/send-file.ts";
import { blobRoute } from "./blob-routes.ts";
import { referrersRoute, tagsRoute } from "./listing-routes.ts";
import { manifestRoute } from "./manifest-routes.ts";
import { methodNotAllowed } from "./registry-context.ts";
import type { Exchange, RegistryContext } from "./registry-context.ts";
import { startUploadRoute, uploadRoute } from "./upload-routes.ts";

const ROUTE =
  /^\/v2\/(?<name>.+?)\/(?:(?<kind>manifests|blobs|referrers)\/(?<reference>[^/]+)|blobs\/uploads\/(?<upload>[^/]*)|tags\/(?<tags>list))$/;

/**
 * Answers one request: authorizes it, then dispatches it by its path.
 * @throws {ErrorResponse} to be sent by the caller.
 */
export async function route(
  request: IncomingMessage,
  response: ServerResponse,
  context: RegistryContext,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://registry");
  const method = request.method ?? "GET";
  const extra = extraRoute({ request, response, url, method, repository: "" }, context);
  if (extra !== undefined) return extra;
  const groups = ROUTE.exec(url.pathname)?.groups;
  const name = groups?.["name"];
  const refusal = context.profile.access.authorize(request, name, actionOf(method));
  if (refusal !== undefined) throw refusal;
  if (url.pathname === "/v2/") return sendJson(response, {});
  if (groups === undefined || name === undefined) throw new ErrorResponse(404, "UNSUPPORTED", "no such endpoint");
  if (!isRepositoryName(name)) throw new ErrorResponse(400, "NAME_INVALID", "invalid repository name");
  const refused = context.profile.access.refuseName(name, actionOf(method));
  if (refused !== undefined) throw refused;
  await dispatch({ request, response, url, method, repository: name }, context, groups);
}

async function dispatch(
  exchange: Exchange,
  context: RegistryContext,
  groups: Record<string, string | undefined>,
): Promise<void> {
  const { kind, reference = "", upload, tags } = groups;
  if (tags !== undefined) return tagsRoute(exchange, context);
  if (upload !== undefined && upload !== "") return uploadRoute(exchange, context, upload);
  if (upload === "" || (kind === "blobs" && reference === "uploads")) return startUploadRoute(exchange, context);
  if (kind === "manifests") return manifestRoute(exchange, context, decodeURIComponent(reference));
  if (kind === "referrers") return referrersRoute(exchange, context, reference);
  return blobRoute(exchange, context, reference);
}

/** Answers a path outside the specification; undefined for all others. */
function extraRoute(exchange: Exchange, context: RegistryContext): Promise<void> | undefined {
  const { pathname } = exchange.url;
  const { access, uploads, blobs } = context.profile;
  if (pathname === "/v2/token" && access.issueToken !== undefined) {
    const token = access.issueToken(exchange.request.headers.authorization);
    if (token instanceof ErrorResponse) throw token;
    return Promise.resolve(sendJson(exchange.response, { token, expires_in: 43_200 }));
  }
  // Clients send no login to the paths below: the unguessable id stands for one.
  for (const path of uploads.extraPaths) {
    const id = path.exec(pathname)?.groups?.["id"];
    if (id !== undefined) return uploadRoute(exchange, context, id);
  }
  const id = blobs.downloads?.path.exec(pathname)?.groups?.["id"];
  return id === undefined ? undefined : sendDownload(exchange, context, id);
}

function sendJson(response: ServerResponse, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text);
}

async function sendDownload(exchange: Exchange, { files, profile }: RegistryContext, id: string): Promise<void> {
  if (exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed();
  const digest = profile.blobs.downloads?.resolve(id);
  const size = digest === undefined ? undefined : await files.size(digest);
  if (digest === undefined || size === undefined)
    throw new ErrorResponse(404, "BLOB_UNKNOWN", "blob unknown to registry");
  await sendFile(exchange, files, { digest, size });
}

function actionOf(method: string): Action {
  if (method === "GET" || method === "HEAD") return "pull";
  return method === "DELETE" ? "delete" : "push";
}
