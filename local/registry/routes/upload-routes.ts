import type { Digest } from "../../../src/oci/digest.ts";
import { digestFrom, methodNotAllowed, requireRepository } from "./registry-context.ts";
import type { Exchange, RegistryContext } from "./registry-context.ts";
import { ErrorResponse } from "../protocol/error-response.ts";
import type { UploadSession } from "../storage/upload-sessions.ts";

/** `POST /v2/<name>/blobs/uploads/`: opens a session, takes a whole blob, or mounts one. */
export async function startUploadRoute(exchange: Exchange, parts: RegistryContext): Promise<void> {
  const { method, url, request, repository, response } = exchange;
  if (method !== "POST") throw methodNotAllowed();
  if (parts.profile.uploads.requiresLength && request.headers["content-length"] === undefined) {
    throw new ErrorResponse(411, "SIZE_INVALID", "POST requests require a Content-length header.");
  }
  requireRepository(repository, parts);
  const mount = url.searchParams.get("mount");
  if (mount !== null && (await mountBlob(exchange, parts, digestFrom(mount)))) return;
  const session = parts.uploads.start(repository);
  const whole = url.searchParams.get("digest");
  if (whole !== null && parts.profile.uploads.maxPatches > 1) {
    await receive(exchange, parts, session);
    return finish(exchange, parts, session, digestFrom(whole));
  }
  response.writeHead(202, { ...sessionHeaders(parts, session), "content-length": 0 }).end();
}

async function mountBlob(
  { url, repository, response }: Exchange,
  { index, profile }: RegistryContext,
  digest: Digest,
): Promise<boolean> {
  const from = url.searchParams.get("from");
  const scope = profile.blobs.scope(repository);
  const source = from === null ? scope : profile.blobs.scope(from);
  if (!profile.uploads.mounts || index.find(source)?.blobs.has(digest) !== true) return false;
  index.open(scope).blobs.add(digest);
  await index.save(scope);
  response.writeHead(201, stored(repository, digest)).end();
  return true;
}

/** `<session>`: PATCH appends, PUT completes, GET reports the progress, DELETE cancels. */
export async function uploadRoute(exchange: Exchange, parts: RegistryContext, id: string): Promise<void> {
  const { method, url, response, repository } = exchange;
  const session = parts.uploads.find(id, repository === "" ? undefined : repository);
  const named = { ...exchange, repository: session.repository };
  const { storesParts, hasSessionRequests } = parts.profile.uploads;
  if (!hasSessionRequests && (method === "GET" || method === "DELETE")) throw methodNotAllowed();
  switch (method) {
    case "GET":
      response.writeHead(204, sessionHeaders(parts, session)).end();
      return;
    case "PATCH":
      return storesParts ? patch(named, parts, session) : patchOnce(named, parts, session);
    case "PUT": {
      const digest = digestFrom(url.searchParams.get("digest") ?? "");
      if (exchange.request.headers["content-length"] !== "0") {
        requireNext(exchange, parts, session);
        await receive(named, parts, session);
      }
      return finish(named, parts, session, digest);
    }
    case "DELETE":
      await parts.uploads.cancel(session);
      response.writeHead(204).end();
      return;
    default:
      throw methodNotAllowed();
  }
}

async function patch(exchange: Exchange, parts: RegistryContext, session: UploadSession): Promise<void> {
  if (session.writes >= parts.profile.uploads.maxPatches) throw methodNotAllowed();
  requireNext(exchange, parts, session);
  await receive(exchange, parts, session);
  exchange.response.writeHead(202, { ...sessionHeaders(parts, session), "content-length": 0 }).end();
}

/** As at ECR: 201 for every part, and a Range that stays that of the first part, because the others are not stored. */
async function patchOnce(exchange: Exchange, parts: RegistryContext, session: UploadSession): Promise<void> {
  if (session.writes === 0) await receive(exchange, parts, session);
  else exchange.request.resume();
  exchange.response.writeHead(201, { ...sessionHeaders(parts, session), "content-length": 0 }).end();
}

/** A chunk must begin where the last one ended (distribution-spec, "Pushing a blob in chunks": 416 otherwise). */
function requireNext({ request }: Exchange, parts: RegistryContext, session: UploadSession): void {
  const header = request.headers["content-range"];
  if (header === undefined) return;
  const match = /^(?:bytes )?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header);
  const length = Number(request.headers["content-length"] ?? Number.NaN);
  const fits = match !== null && Number(match[1]) === session.offset;
  const counts = match !== null && (Number.isNaN(length) || Number(match[2]) - Number(match[1]) + 1 === length);
  if (fits && counts) return;
  throw new ErrorResponse(416, "BLOB_UPLOAD_INVALID", `the next byte is ${session.offset}`, {
    headers: sessionHeaders(parts, session),
  });
}

async function finish(
  { response, repository }: Exchange,
  { index, uploads, profile, emit }: RegistryContext,
  session: UploadSession,
  digest: Digest,
): Promise<void> {
  await uploads.commit(session, digest);
  const scope = profile.blobs.scope(repository);
  index.open(scope).blobs.add(digest);
  await index.save(scope);
  response.writeHead(201, stored(repository, digest)).end();
  emit({ kind: "blob-stored", repository, digest, size: session.offset });
}

function stored(repository: string, digest: Digest): Record<string, string> {
  return { location: `/v2/${repository}/blobs/${digest}`, "docker-content-digest": digest, "content-length": "0" };
}

function sessionHeaders({ profile }: RegistryContext, session: UploadSession): Record<string, string> {
  return {
    location: profile.uploads.location(session.repository, session.id, session.writes),
    range: `0-${Math.max(session.offset - 1, 0)}`,
    "docker-upload-uuid": session.id,
  };
}

const PROGRESS_MS = 100;

/** Appends the request's body to the session, and reports the bytes received at intervals and at the end. */
async function receive(
  { request, repository }: Exchange,
  { uploads, emit }: RegistryContext,
  session: UploadSession,
): Promise<void> {
  let untold = 0;
  let toldAt = 0;
  const tell = (): void => {
    if (untold > 0) emit({ kind: "blob-progress", repository, bytes: untold });
    untold = 0;
    toldAt = Date.now();
  };
  await uploads
    .append(session, request, (bytes) => {
      untold += bytes;
      if (Date.now() - toldAt >= PROGRESS_MS) tell();
    })
    .finally(tell);
}
