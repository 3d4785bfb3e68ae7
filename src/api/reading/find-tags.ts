import { listedTag } from "../../replication/state/tag-status.ts";
import type { ListedTag, TagStatus } from "../../replication/state/tag-status.ts";
import type { Operations } from "../../wiring/operations/open-operations.ts";

export interface TagSearch {
  /** A part of the key, in any case. */
  readonly search?: string | undefined;
  readonly state?: TagStatus | undefined;
  readonly destination?: string | undefined;
  readonly limit: number;
  /** The key after which the page begins. */
  readonly after?: string | undefined;
}

export interface FoundTags {
  readonly tags: readonly ListedTag[];
  /** The key after which the next page begins; undefined on the last one. */
  readonly next: string | undefined;
}

/** Records that one page reads at most: a search for something rare must not read the whole table in one request. */
const MOST_READ = 20_000;

/** A page of tags. It reads the table from a key on, and stops when the page is full or has read enough. */
export async function findTags(
  { search = "", state, destination, limit, after }: TagSearch,
  { tags }: Pick<Operations, "tags">,
  now: number,
): Promise<FoundTags> {
  const wanted = search.toLowerCase();
  const found: ListedTag[] = [];
  let read = 0;
  for await (const { key, record } of tags(after)) {
    read++;
    const tag = listedTag(key, record, now);
    const isFound =
      key.toLowerCase().includes(wanted) &&
      (state === undefined || tag.state === state) &&
      (destination === undefined || key.startsWith(`${destination}/`));
    if (isFound) found.push(tag);
    if (found.length === limit || read === MOST_READ) return { tags: found, next: key };
  }
  return { tags: found, next: undefined };
}
