import { digestOf, isDigest } from "../../../src/oci/digest.ts";
import { isTag } from "../../../src/oci/reference.ts";
import { convertManifest } from "../protocol/convert-manifest.ts";
import { ErrorResponse } from "../protocol/error-response.ts";
import { putManifest } from "./put-manifest.ts";
import { readAll } from "./read-all.ts";
import { methodNotAllowed } from "./registry-context.ts";
import type { Exchange, RegistryContext } from "./registry-context.ts";

/** `/v2/<name>/manifests/<reference>`: GET and HEAD pull, PUT pushes, DELETE deletes. */
export async function manifestRoute(exchange: Exchange, context: RegistryContext, reference: string): Promise<void> {
  if (!isTag(reference) && !isDigest(reference)) {
    const code = reference.includes(":") ? "DIGEST_INVALID" : "TAG_INVALID";
    throw new ErrorResponse(400, code, `${reference.slice(0, 140)} is neither a tag nor a digest`);
  }
  switch (exchange.method) {
    case "GET":
    case "HEAD":
      return getManifest(exchange, context, reference);
    case "PUT":
      return putManifest(exchange, context, reference);
    case "DELETE":
      return deleteManifest(exchange, context, reference);
    default:
      throw methodNotAllowed();
  }
}

async function getManifest(
  { request, response, method, repository }: Exchange,
  context: RegistryContext,
  reference: string,
): Promise<void> {
  const state = context.index.find(repository);
  if (state === undefined) throw context.profile.access.unknownRepository(repository);
  const digest = isDigest(reference) ? reference : state.tags.get(reference);
  const known = digest && state.manifests.get(digest);
  if (digest === undefined || known === undefined || known.isArchived === true) {
    throw new ErrorResponse(404, "MANIFEST_UNKNOWN", "manifest unknown");
  }
  const stored = { mediaType: known.mediaType, bytes: await readAll(context.files.read(digest)) };
  const accept = request.headers.accept;
  const sent = context.profile.manifests.converts && !isDigest(reference) ? convertManifest(stored, accept) : stored;
  response.writeHead(200, {
    "content-type": sent.mediaType,
    "content-length": sent.bytes.byteLength,
    "docker-content-digest": sent === stored ? digest : digestOf(sent.bytes),
  });
  response.end(method === "HEAD" ? undefined : sent.bytes);
}

async function deleteManifest(
  { response, repository }: Exchange,
  { index, profile }: RegistryContext,
  reference: string,
): Promise<void> {
  const state = index.find(repository);
  if (state === undefined) throw profile.access.unknownRepository(repository);
  if (isDigest(reference)) {
    if (!state.manifests.delete(reference)) throw new ErrorResponse(404, "MANIFEST_UNKNOWN", "manifest unknown");
    for (const [tag, digest] of state.tags) if (digest === reference) state.tags.delete(tag);
  } else if (!state.tags.delete(reference)) {
    throw new ErrorResponse(404, "MANIFEST_UNKNOWN", "manifest unknown");
  }
  await index.save(repository);
  response.writeHead(202, { "content-length": 0 }).end();
}
