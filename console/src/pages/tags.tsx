import { useState } from "preact/hooks";
import type { ListedTag, TagState } from "../../../src/api/schemas/tag.ts";
import type { z } from "@hono/zod-openapi";
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
/** A pause in typing, after which the search begins, in milliseconds. */
const SETTLED_MS = 250;

/** All tags: searched, filtered, a page at a time. @param state the filter to begin with. */
export function Tags({ state: given }: { readonly state: string | undefined }) {
  const [search, setSearch] = useState("");
  const [state, setState] = useState(() => STATES.find((each) => each === given) ?? "");
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const query = new URLSearchParams({ limit: String(ROWS) });
  if (search !== "") query.set("search", search);
  if (state !== "") query.set("state", state);
  const cursor = cursors.at(-1);
  if (cursor !== undefined) query.set("cursor", cursor);
  const live = useLive<TagPage>(`api/tags?${query.toString()}`, EVERY_MS);
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
      <Answered live={live}>
        {(page) => (
          <>
            <TagTable tags={page.tags} />
            <Pages cursors={cursors} next={page.cursor} onTurn={setCursors} />
          </>
        )}
      </Answered>
    </section>
  );
}

interface PagesProps {
  /** Where the pages begin that lead to this one. */
  readonly cursors: readonly string[];
  readonly next: string | undefined;
  readonly onTurn: (cursors: readonly string[]) => void;
}

function Pages({ cursors, next, onTurn }: PagesProps) {
  return (
    <nav class="pages" aria-label="pages of tags">
      <button type="button" disabled={cursors.length === 0} onClick={() => onTurn(cursors.slice(0, -1))}>
        Back
      </button>
      <span class="detail">page {cursors.length + 1}</span>
      <button
        type="button"
        disabled={next === undefined}
        onClick={() => next !== undefined && onTurn([...cursors, next])}
      >
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

function TagTable({ tags }: { readonly tags: readonly ListedTag[] }) {
  if (tags.length === 0) return <Nothing>No such tag on this page.</Nothing>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="table of tags">
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
