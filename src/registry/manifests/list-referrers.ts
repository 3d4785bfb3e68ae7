import * as z from "zod";
import { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { manifestKind, MediaType } from "../../oci/media-type.ts";
import { referrersTag } from "../../oci/referrers-tag.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { HostRefusedError } from "../hosts/host-guard.ts";
import { pageOf, pages } from "../listings/pages.ts";
import { fetchManifest, resolveManifest } from "./fetch-manifest.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/** An index with descriptors. Servers in Go write null for an empty list. */
const ReferrersList = z.object({ manifests: z.array(Descriptor).nullable() });

/** Limit of referrers: more than ten years of nightly scans attach. One more is returned, so that the caller sees the excess. */
export const MAX_REFERRERS = 10_000;

/** Statuses of registries, or of routers before them, without this API. */
const UNSUPPORTED = [400, 404, 405, 406, 410, 501];

/** The result of the referrers API. */
export type ReferrersApiResult =
  | { readonly kind: "listed"; readonly manifests: readonly Descriptor[] }
  /** There is no such API: a status that says so, an HTML page, or a redirect to another host. */
  | { readonly kind: "absent" }
  /** There may be such an API, but it refused or failed. */
  | { readonly kind: "unknown"; readonly error: RegistryError };

/**
 * The referrers of a digest (distribution-spec, "Listing Referrers"), or, when the registry has no such API or it fails, those of
 * the index under the referrers tag. Their sizes are not verified, and can be wrong.
 * @throws {RegistryError} permanent, of operation `list-referrers`, when neither the API nor the tag lists them. The image itself
 * has not failed.
 */
export async function listReferrers(
  client: RepositoryClient,
  subject: Digest,
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  const listed = await queryReferrersApi(client, subject, signal);
  if (listed.kind === "listed") return listed.manifests;
  const tagged = await listByTag(client, subject, signal);
  if (tagged === undefined && listed.kind === "unknown") throw unlisted(client, subject, listed.error);
  return tagged ?? [];
}

/** Queries the referrers API. @throws {RegistryError} when the registry answers 429, or is unreachable. */
export async function queryReferrersApi(
  client: RepositoryClient,
  subject: Digest,
  signal: AbortSignal,
): Promise<ReferrersApiResult> {
  const request = {
    operation: "list-referrers",
    subject: client.address.subject(subject),
    url: client.address.url(`referrers/${subject}`),
    headers: { accept: MediaType.ociIndex },
    absent: UNSUPPORTED,
  } as const;
  const reader = pageOf(ReferrersList, ({ manifests }) => manifests?.length ?? 0);
  const found: Descriptor[] = [];
  try {
    for await (const page of pages(client, request, reader, signal)) {
      if (page === undefined) return { kind: "absent" };
      for (const descriptor of page.manifests ?? []) found.push(descriptor);
      if (found.length > MAX_REFERRERS) break;
    }
    return { kind: "listed", manifests: found.slice(0, MAX_REFERRERS + 1) };
  } catch (error) {
    return readRefusal(error, found.length > 0);
  }
}

/** The result for a failure. @param isBegun the API has listed something, so it exists. */
function readRefusal(error: unknown, isBegun: boolean): ReferrersApiResult {
  if (!(error instanceof RegistryError)) throw error;
  if (error.cause instanceof HostRefusedError) return isBegun ? { kind: "unknown", error } : { kind: "absent" };
  const { status = 0, category } = error;
  if (status === 429 || status === 0) throw error;
  // An HTML page has status 200, and so does a listing with too many entries.
  const isPage = status === 200 && category === "permanent" && !isBegun;
  return isPage ? { kind: "absent" } : { kind: "unknown", error };
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
