import * as z from "zod";
import { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { successors } from "../oci/manifest.ts";
import { MediaType } from "../oci/media-type.ts";
import { referrersTag } from "../oci/referrers.ts";
import { pages } from "./listing.ts";
import { fetchManifest, resolveManifest } from "./manifests.ts";
import type { RepositoryClient } from "./repository-client.ts";

const ReferrersList = z.object({ manifests: z.array(Descriptor) });

/**
 * Manifests attached to a digest (distribution-spec, "Listing Referrers"); where the registry has no such API, those of
 * the index under the referrers tag. Sizes are as the listing says; they can be wrong, digests cannot.
 */
export async function listReferrers(
  client: RepositoryClient,
  subject: Digest,
  signal: AbortSignal,
): Promise<Descriptor[]> {
  const request = {
    operation: "list-referrers",
    subject: client.subject(subject),
    url: client.url(`referrers/${subject}`),
    headers: { accept: MediaType.ociIndex },
  } as const;
  const found: Descriptor[] = [];
  for await (const page of pages(client, request, (document) => ReferrersList.safeParse(document).data, signal)) {
    if (page === undefined) return listByTag(client, subject, signal);
    found.push(...page.manifests);
  }
  return found;
}

async function listByTag(client: RepositoryClient, subject: Digest, signal: AbortSignal): Promise<Descriptor[]> {
  const descriptor = await resolveManifest(client, referrersTag(subject), signal);
  if (descriptor === undefined) return [];
  const manifest = await fetchManifest(client, descriptor, signal);
  return manifest === undefined ? [] : [...successors(manifest.bytes, manifest.mediaType).manifests];
}
