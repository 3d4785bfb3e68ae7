import * as z from "zod";
import { isTag } from "../../oci/reference.ts";
import type { Tag } from "../../oci/reference.ts";
import { pageOf, pages } from "./pages.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/** Amazon ECR refuses more than 1,000. */
const PAGE_SIZE = 1_000;
const TagList = z.object({ tags: z.array(z.string()).nullable() });

/** All tags of the repository (distribution-spec, "Listing Tags"); none when there is no such repository. */
export async function* listTags(
  client: RepositoryClient,
  signal: AbortSignal,
  pageSize: number = PAGE_SIZE,
): AsyncGenerator<Tag> {
  const url = client.address.url(`tags/list?n=${pageSize}`);
  const request = { operation: "list-tags", subject: client.endpoint.repository, url, absent: [404] } as const;
  for await (const page of pages(
    client,
    request,
    pageOf(TagList, ({ tags }) => tags?.length ?? 0),
    signal,
  )) {
    yield* (page?.tags ?? []).filter(isTag);
  }
}
