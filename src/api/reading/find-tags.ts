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

/**
 * A page of tags. It reads the table from a key on, and stops when it knows that another page follows, or has read enough. A full page reads on to the
 * next tag that is found: without one, this page is the last.
 */
export async function findTags(search: TagSearch, { tags }: Pick<Operations, "tags">, now: number): Promise<FoundTags> {
  const found: ListedTag[] = [];
  let read = 0;
  for await (const { key, record } of tags(search.after)) {
    read++;
    const tag = listedTag(key, record, now);
    if (isWanted(tag, search)) {
      if (found.length === search.limit) return { tags: found, next: found.at(-1)?.key };
      found.push(tag);
    }
    if (read === MOST_READ) return { tags: found, next: key };
  }
  return { tags: found, next: undefined };
}

function isWanted({ key, state }: ListedTag, { search = "", state: wanted, destination }: TagSearch): boolean {
  return (
    key.toLowerCase().includes(search.toLowerCase()) &&
    (wanted === undefined || state === wanted) &&
    (destination === undefined || key.startsWith(`${destination}/`))
  );
}
