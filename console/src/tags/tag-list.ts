import type { ListedTag } from "../../../src/api/schemas/tag.ts";
import { problemOf } from "../api.ts";
import { PAGE, readAgain, readPage } from "./tag-page.ts";
import type { TagPage } from "./tag-page.ts";

/** Rows of a table: the first one, and the one after the last. */
export interface RowRange {
  readonly first: number;
  readonly end: number;
}

/** What is known of the tags that a query finds. */
export interface KnownTags {
  readonly rows: readonly ListedTag[];
  /** There are no others. */
  readonly isComplete: boolean;
  /** The next ones come soon: a search that finds little reads on only when it is told to. */
  readonly isDense: boolean;
  readonly isReading: boolean;
  /** Why the last reading failed. */
  readonly problem: string | undefined;
}

/** The tags that a query finds, read from the beginning on. */
export interface TagList {
  /** Reads the next page, or waits for the one that is being read. */
  more(): Promise<void>;
  /** Reads all others. */
  all(): Promise<void>;
  /** Reads again what these rows show. */
  refresh(rows: RowRange): Promise<void>;
}

export const NOTHING_KNOWN: KnownTags = {
  rows: [],
  isComplete: false,
  isDense: true,
  isReading: true,
  problem: undefined,
};

function rowsOf(pages: readonly TagPage[]): Partial<KnownTags> {
  const last = pages.at(-1);
  return {
    rows: pages.flatMap(({ tags }) => tags),
    isComplete: last !== undefined && last.next === undefined,
    isDense: last === undefined || last.tags.length >= PAGE,
    problem: undefined,
  };
}

/** @param changed called with each change. */
export function openTagList(query: string, changed: (known: KnownTags) => void, signal: AbortSignal): TagList {
  let pages: readonly TagPage[] = [];
  let known = NOTHING_KNOWN;
  let reading: Promise<void> | undefined;

  function change(part: Partial<KnownTags>): void {
    if (signal.aborted) return;
    known = { ...known, ...part };
    changed(known);
  }

  function keep(next: readonly TagPage[]): Partial<KnownTags> {
    pages = next;
    return rowsOf(pages);
  }

  async function readNext(): Promise<void> {
    const page = await readPage(query, pages.at(-1)?.next, signal);
    change({ ...keep([...pages, page]), isReading: false });
  }

  function more(): Promise<void> {
    if (known.isComplete) return Promise.resolve();
    if (reading !== undefined) return reading;
    change({ isReading: true });
    reading = readNext()
      .catch((error: unknown) => change({ problem: problemOf(error), isReading: false }))
      .finally(() => (reading = undefined));
    return reading;
  }

  async function refresh({ first, end }: RowRange): Promise<void> {
    if (pages.length === 0) return more();
    let row = 0;
    for (const page of pages) {
      const isShown = row < end && row + page.tags.length >= first;
      row += page.tags.length;
      if (!isShown) continue;
      try {
        const again = await readAgain(query, page, signal);
        change(keep(pages.map((each) => (each === page ? again : each))));
      } catch (error) {
        return change({ problem: problemOf(error) });
      }
    }
  }

  return {
    more,
    async all() {
      do await more();
      while (!known.isComplete && known.problem === undefined && !signal.aborted);
    },
    refresh,
  };
}
