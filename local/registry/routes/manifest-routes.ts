import type { IncomingMessage } from "node:http";
import { algorithmOf, digestOf, isDigest } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { FormatError, shown } from "../../../src/oci/errors/format-error.ts";
import { MANIFEST_MAX_BYTES, successors } from "../../../src/oci/manifest.ts";
import type { Successors } from "../../../src/oci/manifest.ts";
import { manifestTypeOf } from "../../../src/oci/manifest-type.ts";
import { isNonDistributable, manifestKind } from "../../../src/oci/media-type.ts";
import { isTag } from "../../../src/oci/reference.ts";
import type { Tag } from "../../../src/oci/reference.ts";
import { methodNotAllowed } from "./registry-context.ts";
import type { Exchange, RegistryContext } from "./registry-context.ts";
import { annotationsOf } from "../protocol/annotations.ts";
import type { Profile } from "../profiles/profile.ts";
import { ErrorResponse } from "../protocol/error-response.ts";
import type { KnownManifest, RepositoryState } from "../storage/repository-index.ts";
import { convertManifest } from "../protocol/convert-manifest.ts";

/** `/v2/<name>/manifests/<reference>` */
export async function manifestRoute(exchange: Exchange, parts: RegistryContext, reference: string): Promise<void> {
  if (!isTag(reference) && !isDigest(reference)) {
    const code = reference.includes(":") ? "DIGEST_INVALID" : "TAG_INVALID";
    throw new ErrorResponse(400, code, `${reference.slice(0, 140)} is neither a tag nor a digest`);
  }
  switch (exchange.method) {
    case "GET":
    case "HEAD":
      return getManifest(exchange, parts, reference);
    case "PUT":
      return putManifest(exchange, parts, reference);
    case "DELETE":
      return deleteManifest(exchange, parts, reference);
    default:
      throw methodNotAllowed();
  }
}

async function getManifest(
  { request, response, method, repository }: Exchange,
  parts: RegistryContext,
  reference: string,
): Promise<void> {
  const state = parts.index.find(repository);
  if (state === undefined) throw parts.profile.unknownRepository(repository);
  const digest = isDigest(reference) ? reference : state.tags.get(reference);
  const known = digest && state.manifests.get(digest);
  if (digest === undefined || known === undefined || known.isArchived === true) {
    throw new ErrorResponse(404, "MANIFEST_UNKNOWN", "manifest unknown");
  }
  const stored = { mediaType: known.mediaType, bytes: await readAll(parts.files.read(digest)) };
  const accept = request.headers.accept;
  const sent = parts.profile.translates && !isDigest(reference) ? convertManifest(stored, accept) : stored;
  response.writeHead(200, {
    "content-type": sent.mediaType,
    "content-length": sent.bytes.byteLength,
    "docker-content-digest": sent === stored ? digest : digestOf(sent.bytes),
  });
  response.end(method === "HEAD" ? undefined : sent.bytes);
}

async function putManifest(exchange: Exchange, parts: RegistryContext, reference: Tag | Digest): Promise<void> {
  const { request, response, repository } = exchange;
  const { index, files, profile, emit } = parts;
  const bytes = await readManifest(request);
  const digest = digestOf(bytes, isDigest(reference) ? algorithmOf(reference) : "sha256");
  if (isDigest(reference) && reference !== digest) {
    throw new ErrorResponse(400, "DIGEST_INVALID", `the manifest's digest is ${digest}, not ${reference}`);
  }
  const mediaType = mediaTypeOf(request);
  const found = readSuccessors(bytes, mediaType);
  const state = index.open(repository);
  requireContent(found, state, index.open(profile.blobScope(repository)));
  requireMovable(profile, state, reference);
  await files.write(bytes, digest);
  state.manifests.set(digest, known(mediaType, bytes, found));
  const tag = isDigest(reference) ? undefined : reference;
  if (tag !== undefined) state.tags.set(tag, digest);
  await index.save(repository);
  const subject = found?.subject?.digest;
  response.writeHead(201, {
    location: `/v2/${repository}/manifests/${digest}`,
    "docker-content-digest": digest,
    ...(subject === undefined ? {} : { "oci-subject": subject }),
    "content-length": 0,
  });
  response.end();
  emit({
    kind: "manifest-stored",
    repository,
    digest,
    mediaType,
    subject,
    artifactMediaType: found?.artifactType,
    tag,
  });
}

function mediaTypeOf(request: IncomingMessage): string {
  return (request.headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";
}

function known(mediaType: string, bytes: Uint8Array, found: Successors | undefined): KnownManifest {
  const subject = found?.subject?.digest;
  const artifactType = found?.artifactType;
  const annotations = annotationsOf(bytes);
  return { mediaType, size: bytes.byteLength, subject, artifactType, annotations, storedAt: Date.now() };
}

function requireMovable({ immutableTags }: Profile, state: RepositoryState, reference: string): void {
  if (!immutableTags || !state.tags.has(reference)) return;
  const text = `cannot update tag ${reference}. The repository has enabled tag immutability`;
  throw new ErrorResponse(400, "MANIFEST_INVALID", `manifest invalid: ${text}`);
}

async function readManifest(request: IncomingMessage): Promise<Buffer> {
  const bytes = await readAll(request, MANIFEST_MAX_BYTES);
  if (bytes.byteLength <= MANIFEST_MAX_BYTES) return bytes;
  throw new ErrorResponse(413, "MANIFEST_INVALID", `manifests of more than ${MANIFEST_MAX_BYTES} bytes are refused`, {
    headers: { connection: "close" },
  });
}

/** Reads a stream to its end, or to the first byte past the limit. */
async function readAll(stream: AsyncIterable<unknown>, limit = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError("a body gives bytes");
    chunks.push(Buffer.from(chunk));
    length += chunk.byteLength;
    if (length > limit) break;
  }
  return Buffer.concat(chunks);
}

/** What the manifest points to; undefined for types outside of the specifications, which are kept as they are. */
function readSuccessors(bytes: Uint8Array, mediaType: string): Successors | undefined {
  if (mediaType === "") throw new ErrorResponse(400, "MANIFEST_INVALID", "a manifest needs a Content-Type");
  try {
    if (manifestKind(mediaType) === "schema1") return undefined;
    if (manifestKind(mediaType) !== undefined) {
      requireType(bytes, mediaType);
      return successors(bytes, mediaType);
    }
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return undefined;
  } catch (error) {
    if (error instanceof FormatError)
      throw new ErrorResponse(400, "MANIFEST_INVALID", `manifest invalid: ${error.message}`);
    throw new ErrorResponse(400, "MANIFEST_INVALID", "manifest invalid: it is not JSON");
  }
}

/** As distribution does: a manifest that says what it is must be put as that. */
function requireType(bytes: Uint8Array, mediaType: string): void {
  const own = manifestTypeOf(bytes, mediaType);
  if (own !== mediaType) throw new FormatError("mediaType", `says ${shown(own)}, but was put as ${shown(mediaType)}`);
}

/** Everything a manifest points to must be there, but its subject and layers that live elsewhere. */
function requireContent(found: Successors | undefined, state: RepositoryState, scope: RepositoryState): void {
  const blob = found?.blobs.find(
    ({ digest, mediaType, urls }) => !urls?.length && !isNonDistributable(mediaType) && !scope.blobs.has(digest),
  );
  const child = found?.manifests.find(({ digest }) => !state.manifests.has(digest));
  const missing: Digest | undefined = blob?.digest ?? child?.digest;
  if (missing === undefined) return;
  const detail = { digest: missing };
  throw new ErrorResponse(
    400,
    "MANIFEST_BLOB_UNKNOWN",
    `${missing} is not in this repository; push it before what points to it`,
    { detail },
  );
}

async function deleteManifest(
  { response, repository }: Exchange,
  { index, profile }: RegistryContext,
  reference: string,
): Promise<void> {
  const state = index.find(repository);
  if (state === undefined) throw profile.unknownRepository(repository);
  if (isDigest(reference)) {
    if (!state.manifests.delete(reference)) throw new ErrorResponse(404, "MANIFEST_UNKNOWN", "manifest unknown");
    for (const [tag, digest] of state.tags) if (digest === reference) state.tags.delete(tag);
  } else if (!state.tags.delete(reference)) {
    throw new ErrorResponse(404, "MANIFEST_UNKNOWN", "manifest unknown");
  }
  await index.save(repository);
  response.writeHead(202, { "content-length": 0 }).end();
}
