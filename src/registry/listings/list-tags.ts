import * as z from "zod";
import { isTag } from "../../oci/reference.ts";
import type { Tag } from "../../oci/reference.ts";
import { pageOf, pages } from "./pages.ts";
import { tagPageSize } from "./tag-page-size.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

const Page = z.object({
  tags: z.array(z.string()).nullable(),
  /** An extension of Google: all manifests. */
  manifest: z.record(z.string(), z.unknown()).optional(),
});
type Page = z.infer<typeof Page>;

/** Google truncates a listing at this number of tags or manifests (Artifact Registry, "Quotas and limits"). */
const GOOGLE_MAX = 10_000;

/** All tags of the repository (distribution-spec, "Listing Tags"); none when there is no such repository. */
export async function* listTags(client: RepositoryClient, signal: AbortSignal, pageSize?: number): AsyncGenerator<Tag> {
  for await (const page of tagPages(client, signal, pageSize)) yield* tagsOf(page);
}

/** Tags of a repository, and whether it has no others. */
export interface ListedTags {
  readonly tags: ReadonlySet<Tag>;
  readonly isComplete: boolean;
}

/** The tags of the repository as {@link listTags} yields them. Reads no further page once there are more than `most`. */
export async function readTags(
  client: RepositoryClient,
  signal: AbortSignal,
  most: number = Number.POSITIVE_INFINITY,
): Promise<ListedTags> {
  const tags = new Set<Tag>();
  let isTruncated = false;
  for await (const page of tagPages(client, signal)) {
    for (const tag of tagsOf(page)) tags.add(tag);
    const { manifest } = page;
    isTruncated ||= manifest !== undefined && Math.max(Object.keys(manifest).length, tags.size) >= GOOGLE_MAX;
    if (tags.size > most) return { tags, isComplete: false };
  }
  return { tags, isComplete: !isTruncated };
}

async function* tagPages(
  client: RepositoryClient,
  signal: AbortSignal,
  pageSize: number = tagPageSize(client.endpoint.registry),
): AsyncGenerator<Page> {
  const url = client.address.url(`tags/list?n=${pageSize}`);
  const request = { operation: "list-tags", subject: client.endpoint.repository, url, absent: [404] } as const;
  const reader = pageOf(Page, ({ tags }) => tags?.length ?? 0);
  for await (const page of pages(client, request, reader, signal)) if (page !== undefined) yield page;
}

function tagsOf({ tags }: Page): Tag[] {
  return (tags ?? []).filter(isTag);
}
