import * as z from "zod";
import { isDigest } from "../oci/digest.ts";
import { isTag } from "../oci/reference.ts";
import type { Tag } from "../oci/reference.ts";
import type { TaggedDigest, TagListing, UntaggedDigest } from "../oci/tag-listing.ts";
import type { Endpoint } from "./client/endpoint.ts";
import { pageOf, pages } from "./listings/pages.ts";
import { GOOGLE_PAGE_SIZE, tagPageSize } from "./listings/tag-page-size.ts";
import { resolveManifest } from "./manifests/fetch-manifest.ts";
import { createRepositoryClient } from "./client/repository-client.ts";
import type { RepositoryClient } from "./client/repository-client.ts";

/** Number of tags resolved at once, when the listing has no digests. */
const CONCURRENT = 16;

const Page = z.object({
  tags: z.array(z.string()).nullish(),
  /** An extension of Google: all manifests with their tags, complete on each page. */
  manifest: z.record(z.string(), z.object({ tag: z.array(z.string()).nullish() })).optional(),
});

/** Another listing of the same repository, for registries that truncate their own. */
export interface FallbackListing {
  /** The registry's listing may be truncated when it has at least this many tags or manifests. */
  readonly minEntries: number;
  readonly list: TagListing;
}

/**
 * All tags of a repository with their digests: from the listing alone if it has digests (Artifact Registry), otherwise with a
 * HEAD per tag (distribution-spec, "Listing Tags", "Checking if content exists in the registry").
 */
export function createTagListing(endpoint: Endpoint, fallback?: FallbackListing): TagListing {
  const client = createRepositoryClient(endpoint);
  return (signal) => listTaggedDigests(client, fallback, signal);
}

async function* listTaggedDigests(
  client: RepositoryClient,
  fallback: FallbackListing | undefined,
  signal: AbortSignal,
): AsyncGenerator<TaggedDigest | UntaggedDigest> {
  const pageSize = fallback === undefined ? tagPageSize(client.endpoint.registry) : GOOGLE_PAGE_SIZE;
  const url = client.address.url(`tags/list?n=${pageSize}`);
  const request = { operation: "list-tags", subject: client.endpoint.repository, url, absent: [404] } as const;
  const seen = { tags: 0, manifests: 0 };
  for await (const page of pages(client, request, pageOf(Page, sizeOf), signal)) {
    if (page === undefined) return;
    const { tags, manifest } = page;
    seen.tags += tags?.length ?? 0;
    seen.manifests = Math.max(seen.manifests, Object.keys(manifest ?? {}).length);
    // Counted over all pages: with small pages, no single one reaches the limit.
    if (fallback !== undefined && Math.max(seen.tags, seen.manifests) >= fallback.minEntries)
      return yield* fallback.list(signal);
    if (manifest === undefined) yield* resolved(client, (tags ?? []).filter(isTag), signal);
    else yield* fromMap(manifest);
  }
}

function sizeOf({ tags, manifest }: z.infer<typeof Page>): number {
  const named = Object.values(manifest ?? {}).reduce((sum, { tag }) => sum + 1 + (tag?.length ?? 0), 0);
  return Math.max(tags?.length ?? 0, named);
}

function* fromMap(manifests: NonNullable<z.infer<typeof Page>["manifest"]>): Generator<TaggedDigest | UntaggedDigest> {
  for (const [digest, { tag }] of Object.entries(manifests)) {
    if (!isDigest(digest)) continue;
    const names = (tag ?? []).filter(isTag);
    if (names.length === 0) yield { digest };
    for (const name of names) yield { tag: name, digest };
  }
}

async function* resolved(
  client: RepositoryClient,
  tags: readonly Tag[],
  signal: AbortSignal,
): AsyncGenerator<TaggedDigest> {
  for (let start = 0; start < tags.length; start += CONCURRENT) {
    const some = tags.slice(start, start + CONCURRENT);
    const found = await Promise.all(some.map((tag) => resolveManifest(client, tag, signal)));
    for (const [index, tag] of some.entries()) {
      const digest = found[index]?.digest;
      if (digest !== undefined) yield { tag, digest };
    }
  }
}
