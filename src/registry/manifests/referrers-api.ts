import * as z from "zod";
import { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { MediaType } from "../../oci/media-type.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { HostRefusedError } from "../hosts/host-guard.ts";
import { pageOf, pages } from "../listings/pages.ts";
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
  /**
   * There is no such API: a status that says so, an HTML page, or a redirect to another host. For a missing route, whatever the digest: a
   * registry that has the API and lacks the image answers with an error of the specification.
   */
  | { readonly kind: "absent"; readonly isRouteMissing: boolean }
  /** There may be such an API, but it refused or failed. */
  | { readonly kind: "unknown"; readonly error: RegistryError };

/** Queries the referrers API. @throws {RegistryError} when the registry answers 429, or is unreachable. */
export async function queryReferrersApi(
  client: RepositoryClient,
  subject: Digest,
  signal: AbortSignal,
): Promise<ReferrersApiResult> {
  let isRouteMissing = false;
  const request = {
    operation: "list-referrers",
    subject: client.address.subject(subject),
    url: client.address.url(`referrers/${subject}`),
    headers: { accept: MediaType.ociIndex },
    absent: UNSUPPORTED,
    onMissingRoute: () => void (isRouteMissing = true),
  } as const;
  const reader = pageOf(ReferrersList, ({ manifests }) => manifests?.length ?? 0);
  const found: Descriptor[] = [];
  try {
    for await (const page of pages(client, request, reader, signal)) {
      if (page === undefined) return { kind: "absent", isRouteMissing };
      for (const descriptor of page.manifests ?? []) found.push(descriptor);
      if (found.length > MAX_REFERRERS) break;
    }
    return { kind: "listed", manifests: found.slice(0, MAX_REFERRERS + 1) };
  } catch (error) {
    return readRefusal(error, found.length > 0);
  }
}

const ABSENT = { kind: "absent", isRouteMissing: false } as const;

/** The result for a failure. @param isBegun the API has listed something, so it exists. */
function readRefusal(error: unknown, isBegun: boolean): ReferrersApiResult {
  if (!(error instanceof RegistryError)) throw error;
  if (error.cause instanceof HostRefusedError) return isBegun ? { kind: "unknown", error } : ABSENT;
  const { status = 0, category } = error;
  if (status === 429 || status === 0) throw error;
  // An HTML page has status 200, and so does a listing with too many entries.
  const isPage = status === 200 && category === "permanent" && !isBegun;
  return isPage ? ABSENT : { kind: "unknown", error };
}
