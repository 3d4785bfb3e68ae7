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

/** An index; where it lists nothing, Go writes null. A document without a list is none. */
const ReferrersList = z.object({ manifests: z.array(Descriptor).nullable() });

/** More than an image has attached to it in ten years of nightly scans. One more is read, to know that there are more. */
export const MAX_REFERRERS = 10_000;

/** Answers by which registries say that they have no such API; some routers know only these. */
const UNSUPPORTED = [400, 404, 405, 406, 410, 501];

/** What the referrers API answers. */
export type ReferrersApiResult =
  | { readonly kind: "listed"; readonly manifests: readonly Descriptor[] }
  /** There is no such API: an answer that says so, a page for people, or the way to another host. */
  | { readonly kind: "absent" }
  /** There may be one, and it does not answer us. */
  | { readonly kind: "unknown"; readonly error: RegistryError };

/**
 * Manifests attached to a digest (distribution-spec, "Listing Referrers"); where the registry has no such API, or does not
 * answer it, those of the index under the referrers tag. Sizes are as the listing says; they can be wrong, digests cannot.
 * @throws {RegistryError} permanent, of operation `list-referrers`, when nothing says what is attached: no failure of the
 * image, and to be reported.
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

/** Asks the referrers API. @throws {RegistryError} when the registry is busy, or gives no answer at all. */
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

/** What a failure says about the API. @param isBegun it has listed something: then it is there. */
function readRefusal(error: unknown, isBegun: boolean): ReferrersApiResult {
  if (!(error instanceof RegistryError)) throw error;
  if (error.cause instanceof HostRefusedError) return isBegun ? { kind: "unknown", error } : { kind: "absent" };
  const { status = 0, category } = error;
  if (status === 429 || status === 0) throw error;
  // A page that is no listing comes with 200, and so does one of too many entries.
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

/** Undefined when there is no list. @throws {RegistryError} permanent for one that cannot be read. */
async function listByTag(
  client: RepositoryClient,
  subject: Digest,
  signal: AbortSignal,
): Promise<readonly Descriptor[] | undefined> {
  // Artifactory answers 403 for a tag that is not there.
  const index = await fetchReferrersIndex(client, subject, signal).catch((error: unknown) => {
    if (error instanceof RegistryError && (error.status === 401 || error.status === 403)) return undefined;
    throw error;
  });
  // An image that has this name by chance is no list.
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

/** What the referrers tag names. */
export async function fetchReferrersIndex(
  client: RepositoryClient,
  subject: Digest,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const resolved = await resolveManifest(client, referrersTag(subject), signal);
  return resolved && fetchManifest(client, resolved, signal);
}
