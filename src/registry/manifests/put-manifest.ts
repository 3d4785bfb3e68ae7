import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { recategorized, RegistryError } from "../../oci/errors/registry-error.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { Tag } from "../../oci/reference.ts";
import { contentError } from "../client/content-error.ts";
import type { RegistryRequest } from "../client/registry-request.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { discard } from "../http/response.ts";
import type { RegistryResponse } from "../http/response.ts";

/** Our own error code for a tag that cannot move; it becomes the reason `target-tag-immutable`. */
const TAG_IMMUTABLE = "TAG_IMMUTABLE";

/** What the response to a put says about the manifest. */
export interface StoredManifest {
  /** Undefined when the response has no digest: Docker-Content-Digest is optional here. */
  readonly digest: Digest | undefined;
  /** The digest of the subject, if the registry keeps the list of referrers itself ("Pushing Manifests with Subject"). */
  readonly subject: string | undefined;
}

/**
 * Puts the exact bytes (distribution-spec, "Pushing Manifests"). A put by digest is retried; for a tag see {@link putTag}.

 * @throws {RegistryError}
 */
export async function putManifest(
  client: RepositoryClient,
  manifest: Manifest,
  reference: Tag | Digest,
  signal: AbortSignal,
): Promise<StoredManifest> {
  const request = {
    operation: "put-manifest",
    subject: client.address.subject(reference),
    method: "PUT",
    url: client.address.url(`manifests/${reference}`),
    headers: { "content-type": manifest.mediaType },
    body: manifest.bytes,
    accept: [201, 202],
    scope: client.address.scope("pull,push"),
  } as const;
  const response = await (isDigest(reference) ? client.sendRetrying(request, signal) : putTag(client, request, signal));
  await discard(response);
  const stored = response.header("docker-content-digest");
  if (stored !== undefined && stored !== manifest.digest) {
    const about = { operation: "put-manifest", reference, code: "DIGEST_INVALID" } as const;
    throw contentError(client, about, `was stored as ${stored} instead of ${manifest.digest}`);
  }
  return { digest: stored === undefined ? undefined : manifest.digest, subject: response.header("oci-subject") };
}

/**
 * A tag is put once: a put whose response was lost may take effect late, and the success of a second one would hide that.
 * It is retried only when the registry answers that it is busy, and so has not stored it.
 */
function putTag(client: RepositoryClient, request: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse> {
  const once = (): Promise<RegistryResponse> =>
    client.send(request, signal).catch((error: unknown) => {
      throw error instanceof RegistryError ? toTagFailure(error) : error;
    });
  return client.retry(request.operation, once, signal);
}

/** Makes a transient failure deferred, and gives an immutable tag its own code. */
function toTagFailure(error: RegistryError): RegistryError {
  if (error.category === "transient") return recategorized(error, "deferred");
  // Each registry has a different code: MANIFEST_INVALID (Artifact Registry), TAG_INVALID (ECR), PRECONDITION (Harbor).
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
