import * as z from "zod";
import type { Digest } from "../../oci/digest.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { pageOf, pages } from "./pages.ts";
import { GOOGLE_PAGE_SIZE } from "./tag-page-size.ts";

/** An extension of Google: all manifests of the repository, with the time of their upload in milliseconds, as text. */
const Page = z.object({
  manifest: z.record(z.string(), z.object({ timeUploadedMs: z.coerce.number().catch(0) })).optional(),
});

/**
 * When the registry received a manifest, from its listing of the repository; epoch milliseconds. Undefined when it does not say: only
 * Google's registries do, for the first 10,000 manifests (Artifact Registry, "Quotas and limits").
 */
export async function uploadTime(
  client: RepositoryClient,
  digest: Digest,
  signal: AbortSignal,
): Promise<number | undefined> {
  const url = client.address.url(`tags/list?n=${GOOGLE_PAGE_SIZE}`);
  const request = { operation: "list-tags", subject: client.endpoint.repository, url, absent: [404] } as const;
  const reader = pageOf(Page, ({ manifest = {} }) => Object.keys(manifest).length);
  for await (const page of pages(client, request, reader, signal)) {
    // 0 is a time that is not known.
    const uploaded = page?.manifest?.[digest]?.timeUploadedMs;
    if (uploaded !== undefined) return uploaded > 0 ? uploaded : undefined;
  }
  return undefined;
}
