import type { ListedTag } from "../../../src/api/schemas/tag.ts";
import { ApiFailure, get } from "../api.ts";
import { pause } from "../use-live.ts";

/** Tags that one request has read, and where the next one begins. */
export interface TagPage {
  /** Where it begins; undefined for the first one. */
  readonly from: string | undefined;
  readonly tags: readonly ListedTag[];
  /** Where the next one begins; undefined for the last one. */
  readonly next: string | undefined;
}

interface Answer {
  readonly tags: readonly ListedTag[];
  readonly cursor?: string;
}

/** Tags of a page. */
export const PAGE = 400;
/** Tags that the API answers at most. */
const MOST = 500;
/** A page of a search that finds little is put together from so many answers; each has read 20,000 records. */
const MOST_ANSWERS = 25;
/** After an answer that says that there were too many requests, in milliseconds. */
const TOO_MANY_MS = 1_000;

/** A full page, or all there is. An answer ends early when its search has read many records. */
export async function readPage(query: string, from: string | undefined, signal: AbortSignal): Promise<TagPage> {
  const tags: ListedTag[] = [];
  let next = from;
  let answers = 0;
  do {
    const answer = await ask(query, { from: next, limit: PAGE - tags.length }, signal);
    tags.push(...answer.tags);
    next = answer.cursor;
    answers++;
  } while (next !== undefined && tags.length < PAGE && answers < MOST_ANSWERS);
  return { from, tags, next };
}

/** The same part of the list as it is now. It has some more tags when some were pushed for the first time. */
export async function readAgain(query: string, known: TagPage, signal: AbortSignal): Promise<TagPage> {
  if (known.next === undefined) return readPage(query, known.from, signal);
  const { tags } = await ask(query, { from: known.from, limit: MOST }, signal);
  return { ...known, tags: upToLast(known.tags, tags) };
}

/** The tags that were read, up to the last one that is known: the others belong to the next page. */
function upToLast(known: readonly ListedTag[], read: readonly ListedTag[]): readonly ListedTag[] {
  const end = read.findIndex(({ key }) => key === known.at(-1)?.key);
  if (end !== -1) return read.slice(0, end + 1);
  // The last one has left the filter, or too many came before it.
  const byKey = new Map(read.map((tag) => [tag.key, tag]));
  return known.map((tag) => byKey.get(tag.key) ?? tag);
}

async function ask(
  query: string,
  { from, limit }: { readonly from: string | undefined; readonly limit: number },
  signal: AbortSignal,
): Promise<Answer> {
  const search = new URLSearchParams(query);
  search.set("limit", String(limit));
  if (from !== undefined) search.set("cursor", from);
  for (;;) {
    try {
      return await get<Answer>(`api/tags?${search.toString()}`, signal);
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.status !== 429) throw error;
      await pause(TOO_MANY_MS, signal);
      signal.throwIfAborted();
    }
  }
}
