import { useEffect, useRef, useState } from "preact/hooks";
import type { TagState } from "../../../src/api/schemas/tag.ts";
import type { z } from "../../../src/api/zod/z.ts";
import { counted } from "../format.ts";
import { Nothing } from "../parts/notice.tsx";
import { NOTHING_KNOWN, openTagList } from "../tags/tag-list.ts";
import type { KnownTags, TagList } from "../tags/tag-list.ts";
import { TagTable } from "../tags/tag-table.tsx";
import { whileWatched } from "../use-live.ts";

const STATES: readonly z.infer<typeof TagState>[] = [
  "equal",
  "copying",
  "waiting",
  "failed",
  "skipped",
  "quarantined",
  "cancelled",
];
const EVERY_MS = 10_000;
/** A pause in typing, after which the search begins, in milliseconds. */
const SETTLED_MS = 250;

/** All tags in one table: searched and filtered by the API, read as they are scrolled to. @param state the filter to begin with. */
export function Tags({ state: given }: { readonly state: string | undefined }) {
  const [search, setSearch] = useState("");
  const [state, setState] = useState(() => STATES.find((each) => each === given) ?? "");
  const query = new URLSearchParams();
  if (search !== "") query.set("search", search);
  if (state !== "") query.set("state", state);
  const { known, shown, isEarlier, list, seen } = useTagList(query.toString());
  const [said, setSaid] = useState("");
  useEffect(() => setSaid(""), [query.toString()]);
  return (
    <section aria-labelledby="tags">
      <h2 id="tags">Tags</h2>
      <Filters state={state} onSearch={setSearch} onState={setState} />
      {known.problem !== undefined && (
        <p class="problem" role="alert">
          {known.problem}
        </p>
      )}
      {/* The rows before stay until the next ones are there: nothing jumps. */}
      {known.rows.length > 0 && (
        <TagTable
          key={shown}
          known={known}
          isEarlier={isEarlier}
          onSeen={(rows) => (seen.current = rows)}
          onMore={() => void list.current?.more()}
          onAll={async () => {
            await list.current?.all();
            setSaid("These are all tags.");
          }}
        />
      )}
      <Extent known={known} isEarlier={isEarlier} onMore={() => void list.current?.more()} />
      <span class="detail" role="status">
        {said}
      </span>
    </section>
  );
}

/** The tags that a query finds. Those of the query before stay until the first ones of this one are there. */
function useTagList(query: string) {
  const [found, setFound] = useState<{ readonly query: string; readonly known: KnownTags }>();
  const list = useRef<TagList | undefined>(undefined);
  const seen = useRef({ first: 0, end: 0 });
  useEffect(() => {
    const ending = new AbortController();
    const opened = openTagList(
      query,
      (known) =>
        setFound((last) =>
          // Nothing is shown of a query whose first page is still being read.
          known.rows.length === 0 && known.isReading && last !== undefined ? last : { query, known },
        ),
      ending.signal,
    );
    list.current = opened;
    seen.current = { first: 0, end: 0 };
    void whileWatched(() => opened.refresh(seen.current), EVERY_MS, ending.signal);
    return () => ending.abort();
  }, [query]);
  return {
    known: found?.known ?? NOTHING_KNOWN,
    shown: found?.query,
    isEarlier: found !== undefined && found.query !== query,
    list,
    seen,
  };
}

interface ExtentProps {
  readonly known: KnownTags;
  readonly isEarlier: boolean;
  readonly onMore: () => void;
}

/** How many tags have been read, and the way to more of them. */
function Extent({ known: { rows, isComplete, isReading }, isEarlier, onMore }: ExtentProps) {
  if (rows.length === 0 && (isReading || isEarlier)) return <p class="none">Reading …</p>;
  if (rows.length === 0 && isComplete) return <Nothing>There is no such tag.</Nothing>;
  const read = rows.length === 0 ? "Nothing was found in half a million records" : counted(rows.length, "tag");
  return (
    <p class="pages">
      <span class="detail">{isComplete ? `${read} in all` : `${read} read so far`}</span>
      {!isComplete && (
        <button type="button" aria-disabled={isReading} onClick={onMore}>
          Read more
        </button>
      )}
    </p>
  );
}

interface FiltersProps {
  readonly state: string;
  readonly onSearch: (text: string) => void;
  readonly onState: (state: string) => void;
}

function Filters({ state, onSearch, onState }: FiltersProps) {
  const [timer, setTimer] = useState<ReturnType<typeof setTimeout>>();
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label>
        Search
        <input
          id="search"
          type="search"
          autocomplete="off"
          spellcheck={false}
          placeholder="team/app"
          onInput={({ currentTarget: { value } }) => {
            clearTimeout(timer);
            setTimer(setTimeout(() => onSearch(value.trim()), SETTLED_MS));
          }}
        />
      </label>
      <label>
        State
        <select value={state} onChange={({ currentTarget: { value } }) => onState(value)}>
          <option value="">any</option>
          {STATES.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}
