import { algorithmOf, digestOf, isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ManifestWanted, ResolvedManifest } from "../../oci/image-source.ts";
import { MANIFEST_MAX_BYTES } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { manifestTypeOf } from "../../oci/manifest-type.ts";
import { MANIFEST_ACCEPT, manifestKind } from "../../oci/media-type.ts";
import type { Tag } from "../../oci/reference.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { RegistryOperation } from "../../oci/errors/registry-error.ts";
import { Schema1Error } from "../../oci/errors/schema1-error.ts";
import { discard } from "../http/response.ts";
import type { RegistryResponse } from "../http/response.ts";
import { contentError } from "../client/content-error.ts";
import type { RegistryRequest } from "../client/registry-request.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/** Without compression: the digest is that of the bytes that were pushed. */
const HEADERS = { accept: MANIFEST_ACCEPT, "accept-encoding": "identity" };
/** Statuses of registries, or of proxies before them, that do not support HEAD: a GET follows. */
const HEAD_UNSUPPORTED = [400, 403, 405, 501];

/**
 * Resolves a tag or digest (distribution-spec, "Checking if content exists in the registry") with a HEAD. When its response has no
 * digest, or the registry does not support HEAD, a GET follows, whose bytes are hashed. Undefined when there is no such manifest.
 * @throws {RegistryError}
 */
export async function resolveManifest(
  client: RepositoryClient,
  reference: Tag | Digest,
  signal: AbortSignal,
): Promise<ResolvedManifest | undefined> {
  const response = await headManifest(client, reference, signal);
  if (response?.status === 404) return undefined;
  const digest = response && namedDigest(response);
  const isNamed = digest !== undefined && (!isDigest(reference) || reference === digest);
  if (response !== undefined && isNamed) return { mediaType: servedType(response) ?? "", digest };
  const manifest = await readManifest(client, reference, signal);
  return manifest && { mediaType: manifest.mediaType, digest: manifest.digest };
}

/** Resolves a tag or digest with a GET, and keeps the bytes. Undefined when there is no such manifest. @throws {RegistryError} */
export function readManifest(
  client: RepositoryClient,
  reference: Tag | Digest,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  return getManifest(client, "resolve", { digest: reference }, signal);
}

/** Undefined when the registry does not support HEAD. */
async function headManifest(
  client: RepositoryClient,
  reference: Tag | Digest,
  signal: AbortSignal,
): Promise<RegistryResponse | undefined> {
  const accept = [200, 404, ...HEAD_UNSUPPORTED];
  const request = { ...manifestRequest(client, "resolve", reference), method: "HEAD", accept } as const;
  try {
    const response = await client.sendRetrying(request, signal);
    await discard(response);
    return HEAD_UNSUPPORTED.includes(response.status) ? undefined : response;
  } catch (error) {
    // A refused login throws. The response to a GET has a body that tells why.
    if (error instanceof RegistryError && HEAD_UNSUPPORTED.includes(error.status ?? 0)) return undefined;
    throw error;
  }
}

function manifestRequest(
  client: RepositoryClient,
  operation: RegistryOperation,
  reference: Tag | Digest,
): RegistryRequest {
  return {
    operation,
    subject: client.address.subject(reference),
    method: "GET",
    url: client.address.url(`manifests/${reference}`),
    headers: HEADERS,
    accept: [200, 404],
    scope: client.address.scope("pull"),
  };
}

/**
 * The exact bytes of a manifest (distribution-spec, "Pulling manifests"), by digest, so that no registry translates them. The
 * digest is verified, and so is the size if it is known. Undefined when there is no such manifest.
 * @throws {RegistryError} of code SIZE_INVALID or DIGEST_INVALID for wrong bytes. @throws {Schema1Error}
 */
export async function fetchManifest(
  client: RepositoryClient,
  wanted: ManifestWanted,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const { digest, size, mediaType, bytes } = wanted;
  if (bytes !== undefined && mediaType !== undefined) return { mediaType, digest, bytes };
  if ((size ?? 0) > MANIFEST_MAX_BYTES) throw tooLarge(client, digest);
  const manifest = await getManifest(client, "fetch-manifest", wanted, signal);
  if (manifest === undefined || size === undefined || manifest.bytes.byteLength === size) return manifest;
  const about = { operation: "fetch-manifest", reference: digest, code: "SIZE_INVALID" } as const;
  throw contentError(client, about, `has ${manifest.bytes.byteLength} bytes, its descriptor says ${size}`);
}

async function getManifest(
  client: RepositoryClient,
  operation: RegistryOperation,
  { digest: reference, mediaType }: { readonly digest: Tag | Digest; readonly mediaType?: string | undefined },
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const request = manifestRequest(client, operation, reference);
  const { response, bytes } = await client.readRetrying(request, MANIFEST_MAX_BYTES, signal);
  if (response.status === 404) return undefined;
  if (bytes === undefined) throw tooLarge(client, reference);
  const named = isDigest(reference) ? reference : namedDigest(response);
  const digest = digestOf(bytes, named === undefined ? "sha256" : algorithmOf(named));
  const type = manifestTypeOf(bytes, servedType(response), mediaType);
  if (named === undefined || digest === named) return { mediaType: type, digest, bytes };
  // A signed manifest has the digest of its payload (Docker's image manifest version 2, schema 1, "Signed Manifests").
  if (manifestKind(type) === "schema1") throw new Schema1Error();
  // The registry may translate what it serves by tag; by digest it cannot.
  if (!isDigest(reference)) return getManifest(client, operation, { digest: named, mediaType }, signal);
  throw contentError(client, { operation, reference, code: "DIGEST_INVALID" }, `its bytes hash to ${digest}`);
}

function namedDigest(response: RegistryResponse): Digest | undefined {
  const digest = response.header("docker-content-digest");
  return digest !== undefined && isDigest(digest) ? digest : undefined;
}

function servedType(response: RegistryResponse): string | undefined {
  return response.header("content-type")?.split(";")[0]?.trim().toLowerCase();
}

function tooLarge(client: RepositoryClient, reference: string): Error {
  const about = { operation: "fetch-manifest", reference, code: "SIZE_INVALID" } as const;
  return contentError(client, about, `the manifest is larger than ${MANIFEST_MAX_BYTES} bytes`);
}
