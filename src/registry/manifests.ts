import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, digestOf, isDigest } from "../oci/digest.ts";
import type { Digest } from "../oci/digest.ts";
import type { ManifestWanted } from "../oci/image-source.ts";
import { MANIFEST_MAX_BYTES } from "../oci/manifest.ts";
import type { Manifest } from "../oci/manifest.ts";
import { MANIFEST_ACCEPT } from "../oci/media-type.ts";
import type { Tag } from "../oci/reference.ts";
import { recategorized, RegistryError } from "../oci/registry-error.ts";
import type { RegistryOperation } from "../oci/registry-error.ts";
import { withRetry } from "./retry.ts";
import { discard } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { contentError } from "./content-error.ts";
import type { RegistryRequest } from "./exchange.ts";
import type { RepositoryClient } from "./repository-client.ts";

/** Our own code for a tag that cannot move; it becomes the reason `target-tag-immutable`. */
const TAG_IMMUTABLE = "TAG_IMMUTABLE";
const ACCEPT = { accept: MANIFEST_ACCEPT };

/**
 * What a tag or digest names (distribution-spec, "Checking if content exists in the registry"): one HEAD. A registry
 * that names no digest there is asked for the bytes, which we hash.
 */
export async function resolveManifest(
  client: RepositoryClient,
  reference: Tag | Digest,
  signal: AbortSignal,
): Promise<Descriptor | undefined> {
  const answer = await client.sendRetrying(
    {
      operation: "resolve",
      subject: client.subject(reference),
      method: "HEAD",
      url: client.url(`manifests/${reference}`),
      headers: ACCEPT,
      accept: [200, 404],
      scope: client.scope("pull"),
    },
    signal,
  );
  await discard(answer);
  if (answer.status === 404) return undefined;
  const digest = answer.header("docker-content-digest");
  const size = Number(answer.header("content-length"));
  if (digest === undefined || !isDigest(digest) || !Number.isSafeInteger(size)) {
    const manifest = await getManifest(client, "resolve", reference, signal);
    return manifest && { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.byteLength };
  }
  if (isDigest(reference) && reference !== digest) {
    throw contentError(
      client,
      { operation: "resolve", reference, code: "DIGEST_INVALID" },
      `was answered with ${digest}`,
    );
  }
  return { mediaType: mediaTypeOf(answer), digest, size };
}

/**
 * The exact bytes of a manifest (distribution-spec, "Pulling manifests"), by digest so that no registry translates
 * them. Hash, size and type are checked against the descriptor; undefined when there is no such manifest.
 */
export async function fetchManifest(
  client: RepositoryClient,
  descriptor: ManifestWanted,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  if ((descriptor.size ?? 0) > MANIFEST_MAX_BYTES) throw tooLarge(client, descriptor.digest);
  const manifest = await getManifest(client, "fetch-manifest", descriptor.digest, signal);
  if (manifest === undefined) return undefined;
  const { bytes, mediaType } = manifest;
  const about = { operation: "fetch-manifest", reference: descriptor.digest } as const;
  if (descriptor.size !== undefined && bytes.byteLength !== descriptor.size) {
    throw contentError(
      client,
      { ...about, code: "SIZE_INVALID" },
      `has ${bytes.byteLength} bytes, its descriptor says ${descriptor.size}`,
    );
  }
  if (descriptor.mediaType !== undefined && mediaType !== descriptor.mediaType) {
    throw contentError(
      client,
      { ...about, code: "MANIFEST_INVALID" },
      `is served as ${mediaType}, its descriptor says ${descriptor.mediaType}`,
    );
  }
  return manifest;
}

async function getManifest(
  client: RepositoryClient,
  operation: RegistryOperation,
  reference: Tag | Digest,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const { answer, bytes } = await client.readRetrying(
    {
      operation,
      subject: client.subject(reference),
      method: "GET",
      url: client.url(`manifests/${reference}`),
      headers: ACCEPT,
      accept: [200, 404],
      scope: client.scope("pull"),
    },
    MANIFEST_MAX_BYTES,
    signal,
  );
  if (answer.status === 404) return undefined;
  if (bytes === undefined) throw tooLarge(client, reference);
  const digest = digestOf(bytes, isDigest(reference) ? algorithmOf(reference) : "sha256");
  if (isDigest(reference) && digest !== reference) {
    throw contentError(client, { operation, reference, code: "DIGEST_INVALID" }, `its bytes hash to ${digest}`);
  }
  return { mediaType: mediaTypeOf(answer), digest, bytes };
}

/**
 * Puts the exact bytes (distribution-spec, "Pushing Manifests"). Repeatable: the same bytes give the same manifest.
 * @returns the digest of the subject when the registry has noted it ("Pushing Manifests with Subject").
 */
export async function putManifest(
  client: RepositoryClient,
  manifest: Manifest,
  reference: Tag | Digest,
  signal: AbortSignal,
): Promise<string | undefined> {
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
  return answer.header("oci-subject");
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

function mediaTypeOf(answer: Answer): string {
  return (answer.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

function tooLarge(client: RepositoryClient, reference: string): Error {
  const about = { operation: "fetch-manifest", reference, code: "SIZE_INVALID" } as const;
  return contentError(client, about, `the manifest is larger than ${MANIFEST_MAX_BYTES} bytes`);
}
