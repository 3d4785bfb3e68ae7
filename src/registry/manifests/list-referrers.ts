import { unlessAborted } from "../../async/abort.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ManifestSource } from "../../oci/image-source.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { manifestKind } from "../../oci/media-type.ts";
import { referrersTag } from "../../oci/referrers-tag.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { fetchManifest, resolveManifest } from "./fetch-manifest.ts";
import { queryReferrersApi } from "./referrers-api.ts";
import type { ReferrersApiResult } from "./referrers-api.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/** How long a registry without the referrers API is not asked again, in milliseconds: it may be upgraded while a process lives. */
const WITHOUT_API_MS = 600_000;

/**
 * The referrers of a digest (distribution-spec, "Listing Referrers"), or, when the registry has no such API or it fails, those of
 * the index under the referrers tag. Their sizes are not verified, and can be wrong.
 * The referrers tag is requested only if the repository may have it.
 * @throws {RegistryError} permanent, of operation `list-referrers`, when neither the API nor the tag lists them. The image itself
 * has not failed.
 */
export function createReferrersListing(client: RepositoryClient): ManifestSource["listReferrers"] {
  const { clock } = client.runtime;
  let withoutApiUntil = 0;
  /** Settled when the first query has ended. */
  let first: Promise<unknown> | undefined;

  async function queryNow(subject: Digest, signal: AbortSignal): Promise<ReferrersApiResult> {
    const result = await queryReferrersApi(client, subject, signal);
    if (result.kind === "absent" && result.isRouteMissing) withoutApiUntil = clock.now() + WITHOUT_API_MS;
    return result;
  }

  async function query(subject: Digest, signal: AbortSignal): Promise<ReferrersApiResult> {
    if (first === undefined) {
      const own = queryNow(subject, signal);
      first = own.catch(() => undefined);
      return own;
    }
    // Images that are read at the same time wait for the first: it may tell that there is no such route.
    await unlessAborted(first, signal);
    return clock.now() < withoutApiUntil ? { kind: "absent", isRouteMissing: true } : queryNow(subject, signal);
  }
  return async (subject, signal, mayHaveTag) => {
    const listed = await query(subject, signal);
    if (listed.kind === "listed") return listed.manifests;
    const mayBeTagged = mayHaveTag === undefined || (await mayHaveTag(referrersTag(subject), signal));
    const tagged = mayBeTagged ? await listByTag(client, subject, signal) : undefined;
    if (tagged === undefined && listed.kind === "unknown") throw unlisted(client, subject, listed.error);
    return tagged ?? [];
  };
}

function unlisted(client: RepositoryClient, subject: Digest, cause: RegistryError): RegistryError {
  return new RegistryError(
    {
      ...client.address.failureContext("list-referrers", subject),
      category: "permanent",
      status: cause.status,
      code: cause.code,
    },
    `${cause.problem}; the tag ${referrersTag(subject)} is not there either`,
    { cause },
  );
}

/** The referrers of the index under the referrers tag. Undefined when there is none. @throws {RegistryError} permanent when it is malformed. */
async function listByTag(
  client: RepositoryClient,
  subject: Digest,
  signal: AbortSignal,
): Promise<readonly Descriptor[] | undefined> {
  // Artifactory answers 403 for a missing tag.
  const index = await fetchReferrersIndex(client, subject, signal).catch((error: unknown) => {
    if (error instanceof RegistryError && (error.status === 401 || error.status === 403)) return undefined;
    throw error;
  });
  // An image may have this tag by chance.
  if (index === undefined || manifestKind(index.mediaType) !== "index") return undefined;
  try {
    return successors(index.bytes, index.mediaType).manifests;
  } catch (cause) {
    throw new RegistryError(
      { ...client.address.failureContext("list-referrers", referrersTag(subject)), category: "permanent" },
      `the list of what is attached cannot be read: ${cause instanceof Error ? cause.message : "it is malformed"}`,
      { cause },
    );
  }
}

/** The manifest under the referrers tag. */
export async function fetchReferrersIndex(
  client: RepositoryClient,
  subject: Digest,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const resolved = await resolveManifest(client, referrersTag(subject), signal);
  return resolved && fetchManifest(client, resolved, signal);
}
