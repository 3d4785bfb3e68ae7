import * as z from "zod";
import { isDigest } from "../oci/digest.ts";
import { isTag } from "../oci/reference.ts";
import type { Tag } from "../oci/reference.ts";
import type { TaggedDigest, TagListing, UntaggedDigest } from "../oci/tag-listing.ts";
import type { Endpoint } from "./client/endpoint.ts";
import { pageOf, pages } from "./listings/pages.ts";
import { resolveManifest } from "./manifests/fetch-manifest.ts";
import { createRepositoryClient } from "./client/repository-client.ts";
import type { RepositoryClient } from "./client/repository-client.ts";

/** Tags in a page: Amazon ECR refuses more than 1,000. Registries that give fewer link to the next page. */
const PAGE_SIZE = 1_000;
/** As Google's own client asks Google's hosts, which link to no next page. */
const GOOGLE_PAGE_SIZE = 10_000;
const GOOGLE_HOST = /(?:^|\.)(?:pkg\.dev|gcr\.io)$/;
/** Tags resolved at once where the listing does not say what they name. */
const CONCURRENT = 16;

const Page = z.object({
  tags: z.array(z.string()).nullish(),
  /** Google's addition: every manifest with its tags, whole on every page. */
  manifest: z.record(z.string(), z.object({ tag: z.array(z.string()).nullish() })).optional(),
});

/** Another listing of the same repository, for where the registry's own ends before the tags do. */
export interface FallbackListing {
  /** A registry that names so many tags or manifests may have left some out. */
  readonly minEntries: number;
  readonly list: TagListing;
}

/**
 * All tags of a repository with what they name: from the listing alone where it says so (Artifact Registry), else with a
 * HEAD per tag (distribution-spec, "Listing Tags", "Checking if content exists in the registry").
 */
export function createTagListing(endpoint: Endpoint, whole?: FallbackListing): TagListing {
  const client = createRepositoryClient(endpoint);
  return (signal) => listTaggedDigests(client, whole, signal);
}

async function* listTaggedDigests(
  client: RepositoryClient,
  whole: FallbackListing | undefined,
  signal: AbortSignal,
): AsyncGenerator<TaggedDigest | UntaggedDigest> {
  const isGoogle = whole !== undefined || GOOGLE_HOST.test(client.endpoint.registry);
  const url = client.address.url(`tags/list?n=${isGoogle ? GOOGLE_PAGE_SIZE : PAGE_SIZE}`);
  const request = { operation: "list-tags", subject: client.endpoint.repository, url, absent: [404] } as const;
  const seen = { tags: 0, manifests: 0 };
  for await (const page of pages(client, request, pageOf(Page, sizeOf), signal)) {
    if (page === undefined) return;
    const { tags, manifest } = page;
    seen.tags += tags?.length ?? 0;
    seen.manifests = Math.max(seen.manifests, Object.keys(manifest ?? {}).length);
    // Where the pages are small, no single one shows that there are as many as a listing may have.
    if (whole !== undefined && Math.max(seen.tags, seen.manifests) >= whole.minEntries)
      return yield* whole.list(signal);
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
