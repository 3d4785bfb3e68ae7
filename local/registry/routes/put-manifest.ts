import type { IncomingMessage } from "node:http";
import { algorithmOf, digestOf, isDigest } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { FormatError } from "../../../src/oci/errors/format-error.ts";
import { quoted } from "../../../src/oci/errors/quoted.ts";
import { MANIFEST_MAX_BYTES, successors } from "../../../src/oci/manifest.ts";
import type { Successors } from "../../../src/oci/manifest.ts";
import { manifestTypeOf } from "../../../src/oci/manifest-type.ts";
import { isNonDistributable, manifestKind } from "../../../src/oci/media-type.ts";
import type { Tag } from "../../../src/oci/reference.ts";
import type { Profile } from "../profiles/profile.ts";
import { annotationsOf } from "../protocol/annotations.ts";
import { ErrorResponse } from "../protocol/error-response.ts";
import type { KnownManifest, RepositoryState } from "../storage/repository-index.ts";
import { readAll } from "./read-all.ts";
import { requireRepository } from "./registry-context.ts";
import type { Exchange, RegistryContext } from "./registry-context.ts";

/** `PUT /v2/<name>/manifests/<reference>` (distribution-spec, "Pushing Manifests"). */
export async function putManifest(
  exchange: Exchange,
  context: RegistryContext,
  reference: Tag | Digest,
): Promise<void> {
  const { request, response, repository } = exchange;
  const { index, files, profile, emit } = context;
  requireRepository(repository, context);
  const bytes = await readManifest(request);
  const digest = digestOf(bytes, isDigest(reference) ? algorithmOf(reference) : "sha256");
  if (isDigest(reference) && reference !== digest) {
    throw new ErrorResponse(400, "DIGEST_INVALID", `the manifest's digest is ${digest}, not ${reference}`);
  }
  const mediaType = mediaTypeOf(request);
  const found = readSuccessors(bytes, mediaType);
  const state = index.open(repository);
  requireContent(found, state, index.open(profile.blobs.scope(repository)));
  requireMovableTag(profile, { state, repository, reference, digest });
  await files.write(bytes, digest);
  state.manifests.set(digest, describeManifest(mediaType, bytes, found, state));
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

function describeManifest(
  mediaType: string,
  bytes: Uint8Array,
  found: Successors | undefined,
  state: RepositoryState,
): KnownManifest {
  const subject = found?.subject?.digest;
  const artifactType = found?.artifactType;
  const annotations = annotationsOf(bytes);
  const contentBytes = contentBytesOf(found, state);
  return { mediaType, size: bytes.byteLength, contentBytes, subject, artifactType, annotations, storedAt: Date.now() };
}

/** The size of an image; of an index, that of its largest platform (ECR API reference, ImageDetail `imageSizeInBytes`). */
function contentBytesOf(found: Successors | undefined, { manifests }: RepositoryState): number {
  const own = found?.blobs.reduce((sum, { size }) => sum + size, 0) ?? 0;
  return Math.max(own, ...(found?.manifests ?? []).map(({ digest }) => manifests.get(digest)?.contentBytes ?? 0));
}

function requireMovableTag(
  { manifests }: Profile,
  {
    state,
    repository,
    reference,
    digest,
  }: { state: RepositoryState; repository: string; reference: string; digest: Digest },
): void {
  if (!manifests.immutableTags || !state.tags.has(reference)) return;
  if (manifests.refuseMove !== undefined) {
    // ECR accepts the same image under its tag again.
    if (state.tags.get(reference) === digest) return;
    throw manifests.refuseMove(repository, reference);
  }
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

/** What the manifest points to; undefined for media types outside the specifications, which are stored as they are. */
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

/** The `mediaType` of a manifest must equal its Content-Type, as in the distribution registry. */
function requireType(bytes: Uint8Array, mediaType: string): void {
  const own = manifestTypeOf(bytes, mediaType);
  if (own !== mediaType) throw new FormatError("mediaType", `says ${quoted(own)}, but was put as ${quoted(mediaType)}`);
}

/** Everything that a manifest points to must exist, except its subject and layers that are stored elsewhere. */
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
    `${missing} is not in this repository; push it before the manifests that point to it`,
    { detail },
  );
}
