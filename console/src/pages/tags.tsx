import { useState } from "preact/hooks";
import type { ListedTag, TagState } from "../../../src/api/schemas/tag.ts";
import type { z } from "../../../src/api/zod/z.ts";
import { get } from "../api.ts";
import { duration } from "../format.ts";
import { Digest } from "../parts/copy-text.tsx";
import { Answered, Nothing } from "../parts/notice.tsx";
import { TagLink } from "../parts/tag-link.tsx";
import { useLive } from "../use-live.ts";

interface TagPage {
  readonly tags: readonly ListedTag[];
  readonly cursor?: string;
}

const STATES: readonly z.infer<typeof TagState>[] = ["equal", "copying", "waiting", "failed", "skipped", "quarantined"];
/** Rows of a page; the table never has more. */
const ROWS = 100;
const EVERY_MS = 10_000;
/** A page of a search that finds little is put together from so many answers; each has read 20,000 records. */
const MOST_ANSWERS = 25;
/** A pause in typing, after which the search begins, in milliseconds. */
const SETTLED_MS = 250;

/** All tags: searched, filtered, a page at a time. @param state the filter to begin with. */
export function Tags({ state: given }: { readonly state: string | undefined }) {
  const [search, setSearch] = useState("");
  const [state, setState] = useState(() => STATES.find((each) => each === given) ?? "");
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const query = new URLSearchParams();
  if (search !== "") query.set("search", search);
  if (state !== "") query.set("state", state);
  const cursor = cursors.at(-1);
  if (cursor !== undefined) query.set("cursor", cursor);
  const live = useLive(query.toString(), EVERY_MS, readPage);
  return (
    <section aria-labelledby="tags">
      <h2 id="tags">Tags</h2>
      <Filters
        state={state}
        onSearch={(text) => {
          setSearch(text);
          setCursors([]);
        }}
        onState={(chosen) => {
          setState(chosen);
          setCursors([]);
        }}
      />
      {/* The page before stays until the next one is there: nothing jumps, and the buttons keep the focus. */}
      <Answered live={{ ...live, isEarlier: false }}>
        {(page) => <TagTable page={page} isReading={live.isEarlier} />}
      </Answered>
      <Pages cursors={cursors} next={live.isEarlier ? undefined : live.answer?.cursor} onTurn={setCursors} />
    </section>
  );
}

/** A full page, or all there is. An answer ends early when its search has read many records. */
async function readPage(query: string, signal: AbortSignal): Promise<TagPage> {
  const search = new URLSearchParams(query);
  const tags: ListedTag[] = [];
  let cursor: string | undefined;
  let answers = 0;
  do {
    search.set("limit", String(ROWS - tags.length));
    if (cursor !== undefined) search.set("cursor", cursor);
    const page = await get<TagPage>(`api/tags?${search.toString()}`, signal);
    tags.push(...page.tags);
    ({ cursor } = page);
    answers++;
  } while (cursor !== undefined && tags.length < ROWS && answers < MOST_ANSWERS);
  return cursor === undefined ? { tags } : { tags, cursor };
}

interface PagesProps {
  /** Where the pages begin that lead to this one. */
  readonly cursors: readonly string[];
  readonly next: string | undefined;
  readonly onTurn: (cursors: readonly string[]) => void;
}

/** A button without a page to go to stays, and keeps the focus: it is `aria-disabled` only. */
function Pages({ cursors, next, onTurn }: PagesProps) {
  const back = cursors.length === 0 ? undefined : cursors.slice(0, -1);
  const forth = next === undefined ? undefined : [...cursors, next];
  return (
    <nav class="pages" aria-label="pages of tags">
      <button type="button" aria-disabled={back === undefined} onClick={() => back !== undefined && onTurn(back)}>
        Back
      </button>
      <span class="detail" role="status">
        page {cursors.length + 1}
      </span>
      <button type="button" aria-disabled={forth === undefined} onClick={() => forth !== undefined && onTurn(forth)}>
        Next
      </button>
    </nav>
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

function TagTable({ page, isReading }: { readonly page: TagPage; readonly isReading: boolean }) {
  const { tags, cursor } = page;
  if (tags.length === 0)
    return (
      <Nothing>
        {cursor === undefined
          ? "There is no such tag."
          : "Nothing was found in half a million records; Next searches on."}
      </Nothing>
    );
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="table of tags" aria-busy={isReading}>
      <table>
        <thead>
          <tr>
            <th scope="col">Tag</th>
            <th scope="col">State</th>
            <th scope="col">Pushed</th>
            <th scope="col">At the destination</th>
          </tr>
        </thead>
        <tbody>
          {tags.map(({ key, state, outcome, lagMs, digest }) => (
            <tr key={key}>
              <td>
                <TagLink tag={key} />
              </td>
              <td>
                <span class={`state ${state}`}>{state === "failed" || state === "skipped" ? outcome : state}</span>
              </td>
              <td class="detail">{duration(lagMs)} ago</td>
              <td>{digest === undefined ? <span class="detail">never confirmed</span> : <Digest digest={digest} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
