import { algorithmOf, digestOf, isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ManifestWanted, ResolvedManifest } from "../../oci/image-source.ts";
import { MANIFEST_MAX_BYTES } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { manifestTypeOf } from "../../oci/manifest-type.ts";
import { MANIFEST_ACCEPT, manifestKind } from "../../oci/media-type.ts";
import type { Tag } from "../../oci/reference.ts";
import { recategorized, RegistryError } from "../../oci/errors/registry-error.ts";
import type { RegistryOperation } from "../../oci/errors/registry-error.ts";
import { Schema1Error } from "../../oci/errors/schema1-error.ts";
import { withRetry } from "../resilience/retry.ts";
import { discard } from "../http/response.ts";
import type { Answer } from "../http/response.ts";
import { contentError } from "../client/content-error.ts";
import type { RegistryRequest } from "../client/send-once.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/** Our own code for a tag that cannot move; it becomes the reason `target-tag-immutable`. */
const TAG_IMMUTABLE = "TAG_IMMUTABLE";
/** Manifests are asked for as they are: what is hashed are the bytes that were pushed. */
const HEADERS = { accept: MANIFEST_ACCEPT, "accept-encoding": "identity" };
/** Answers to a HEAD by which a registry, or what stands before it, says that it takes none; the same question is a GET. */
const NO_HEAD = [400, 403, 405, 501];

/**
 * What a tag or digest names (distribution-spec, "Checking if content exists in the registry"): one HEAD, of which the
 * digest is taken. A registry that names none there, or takes no HEAD, is asked for the bytes, which we hash.
 */
export async function resolveManifest(
  client: RepositoryClient,
  reference: Tag | Digest,
  signal: AbortSignal,
): Promise<ResolvedManifest | undefined> {
  const answer = await headManifest(client, reference, signal);
  if (answer?.status === 404) return undefined;
  const digest = answer?.header("docker-content-digest");
  const isNamed = digest !== undefined && isDigest(digest) && (!isDigest(reference) || reference === digest);
  if (answer !== undefined && isNamed) return { mediaType: servedType(answer) ?? "", digest };
  const manifest = await getManifest(client, "resolve", { digest: reference }, signal);
  return manifest && { mediaType: manifest.mediaType, digest: manifest.digest };
}

/** Undefined when the answer says nothing. */
async function headManifest(
  client: RepositoryClient,
  reference: Tag | Digest,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const accept = [200, 404, ...NO_HEAD];
  const request = { ...manifestRequest(client, "resolve", reference), method: "HEAD", accept } as const;
  try {
    const answer = await client.sendRetrying(request, signal);
    await discard(answer);
    return NO_HEAD.includes(answer.status) ? undefined : answer;
  } catch (error) {
    // Thrown where a login stands behind it: the answer to a GET has words, too.
    if (error instanceof RegistryError && NO_HEAD.includes(error.status ?? 0)) return undefined;
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
    subject: client.subject(reference),
    method: "GET",
    url: client.url(`manifests/${reference}`),
    headers: HEADERS,
    accept: [200, 404],
    scope: client.scope("pull"),
  };
}

/**
 * The exact bytes of a manifest (distribution-spec, "Pulling manifests"), by digest so that no registry translates
 * them. Hash, and size where it is known, are checked; undefined when there is no such manifest.
 */
export async function fetchManifest(
  client: RepositoryClient,
  wanted: ManifestWanted,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const { digest, size } = wanted;
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
  const { answer, bytes } = await client.readRetrying(request, MANIFEST_MAX_BYTES, signal);
  if (answer.status === 404) return undefined;
  if (bytes === undefined) throw tooLarge(client, reference);
  const digest = digestOf(bytes, isDigest(reference) ? algorithmOf(reference) : "sha256");
  const type = manifestTypeOf(bytes, servedType(answer), mediaType);
  if (!isDigest(reference) || digest === reference) return { mediaType: type, digest, bytes };
  // The digest of a signed one is that of its payload (Docker's image manifest version 2, schema 1, "Signed Manifests").
  if (manifestKind(type) === "schema1") throw new Schema1Error();
  throw contentError(client, { operation, reference, code: "DIGEST_INVALID" }, `its bytes hash to ${digest}`);
}

/**
 * Puts the exact bytes (distribution-spec, "Pushing Manifests"). Repeatable: the same bytes give the same manifest.
 */
export async function putManifest(
  client: RepositoryClient,
  manifest: Manifest,
  reference: Tag | Digest,
  signal: AbortSignal,
): Promise<StoredManifest> {
  const request = {
    operation: "put-manifest",
    subject: client.subject(reference),
    method: "PUT",
    url: client.url(`manifests/${reference}`),
    headers: { "content-type": manifest.mediaType },
    body: manifest.bytes,
    accept: [201, 202],
    scope: client.scope("pull,push"),
  } as const;
  const answer = await (isDigest(reference) ? client.sendRetrying(request, signal) : putTag(client, request, signal));
  await discard(answer);
  const stored = answer.header("docker-content-digest");
  if (stored !== undefined && stored !== manifest.digest) {
    const about = { operation: "put-manifest", reference, code: "DIGEST_INVALID" } as const;
    throw contentError(client, about, `was stored as ${stored} instead of ${manifest.digest}`);
  }
  return { digest: stored === undefined ? undefined : manifest.digest, subject: answer.header("oci-subject") };
}

/** What a registry says of a manifest that it has stored. */
export interface StoredManifest {
  /** Its digest; undefined when the registry does not say ("Docker-Content-Digest" is optional here). */
  readonly digest: Digest | undefined;
  /** The digest of the subject when the registry has noted it ("Pushing Manifests with Subject"). */
  readonly subject: string | undefined;
}

/**
 * A tag is put once: a put whose answer was lost may take effect late, and a second one that succeeds would hide that.
 * Only a registry that says that it is busy, and so has done nothing, is asked again.
 */
function putTag(client: RepositoryClient, request: RegistryRequest, signal: AbortSignal): Promise<Answer> {
  const { traffic, clock, random } = client;
  const once = (): Promise<Answer> =>
    client.send(request, signal).catch((error: unknown) => {
      throw error instanceof RegistryError ? tagRefused(error) : error;
    });
  return withRetry(once, { operation: request.operation, traffic, clock, random, signal });
}

/** What a refused tag is: not to be sent again at once, and when it cannot move, called so. */
function tagRefused(error: RegistryError): RegistryError {
  if (error.category === "transient") return recategorized(error, "deferred");
  // Each registry has another code for it: MANIFEST_INVALID (Artifact Registry), TAG_INVALID (ECR), PRECONDITION (Harbor).
  if (error.category !== "permanent" || !/immutab/i.test(error.problem)) return error;
  const { side, operation, category, subject, status, problem } = error;
  const advice =
    "the tag names another image there; let tags move in that repository, or never move them at the source";
  return new RegistryError(
    { side, operation, category, subject, status, code: TAG_IMMUTABLE },
    `${problem}; ${advice}`,
    { cause: error.cause },
  );
}

function servedType(answer: Answer): string | undefined {
  return answer.header("content-type")?.split(";")[0]?.trim().toLowerCase();
}

function tooLarge(client: RepositoryClient, reference: string): Error {
  const about = { operation: "fetch-manifest", reference, code: "SIZE_INVALID" } as const;
  return contentError(client, about, `the manifest is larger than ${MANIFEST_MAX_BYTES} bytes`);
}
