import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ListedTag } from "../../../src/api/schemas/tag.ts";
import { duration } from "../format.ts";
import { Digest } from "../parts/copy-text.tsx";
import { TagLink } from "../parts/tag-link.tsx";
import { FIRST_ROW, indexOf, pinnedRows } from "./pinned-rows.ts";
import { isFar, partsOf, rowsAround } from "./rows-in-page.ts";
import type { Part } from "./rows-in-page.ts";
import type { KnownTags, RowRange } from "./tag-list.ts";

/** A row's height in pixels until one has been measured. */
const USUAL_HEIGHT = 50;
/** More tags are read when fewer than these come after those that are seen. */
const AHEAD = 1_500;
/** The rows around come into the page when it has not been scrolled far for so long, in milliseconds. */
const CALM_MS = 120;

interface TagTableProps {
  readonly known: KnownTags;
  /** The rows are those of a search before this one. */
  readonly isEarlier: boolean;
  readonly onSeen: (rows: RowRange) => void;
  readonly onMore: () => void;
  /** Reads all tags. */
  readonly onAll: () => Promise<void>;
}

/**
 * One table of all tags, of which the page has those that are seen, and some around them. The roles are those that the elements have by
 * themselves, and lose where the stylesheet of a narrow window lays them out in another way.
 */
export function TagTable({ known, isEarlier, onSeen, onMore, onAll }: TagTableProps) {
  const { rows, isComplete, isDense } = known;
  const region = useRef<HTMLDivElement>(null);
  const { seen, isFast, height } = useSeenRows(region, rows.length);
  const { wanted, setWanted } = useWantedFocus(region, height);
  useEffect(() => {
    onSeen(seen);
    if (!isComplete && isDense && seen.end + AHEAD > rows.length) onMore();
  }, [seen, rows.length, isComplete, isDense]);
  async function toEnd(): Promise<void> {
    await onAll();
    setWanted("last");
  }
  const pins = [...pinnedRows(rows), rowOf(wanted, rows.length)];
  return (
    <div
      ref={region}
      class="scroll tall"
      tabIndex={0}
      role="region"
      aria-label="table of tags"
      aria-busy={isEarlier}
      onKeyDown={(event) => {
        const to = targetOf(event, rows);
        if (to === undefined) return;
        event.preventDefault();
        if (to === "last") void toEnd();
        else setWanted(to);
      }}
    >
      <table role="table" aria-rowcount={isComplete ? rows.length + 1 : -1}>
        <Heads />
        <tbody role="rowgroup">
          <Rows parts={partsOf(rowsAround(seen, isFast, rows.length), pins, rows.length)} rows={rows} height={height} />
        </tbody>
      </table>
    </div>
  );
}

const HEADS = ["Tag", "State", "Pushed", "At the destination"] as const;

function Heads() {
  return (
    <thead role="rowgroup">
      <tr role="row" aria-rowindex={1}>
        {HEADS.map((head) => (
          <th key={head} role="columnheader" scope="col">
            {head}
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface RowsProps {
  readonly parts: readonly Part[];
  readonly rows: readonly ListedTag[];
  readonly height: number;
}

function Rows({ parts, rows, height }: RowsProps) {
  let gaps = 0;
  return (
    <>
      {parts.map((part) => {
        if (part.kind === "gap") return <Gap key={gaps++} height={part.rows * height} />;
        const tag = rows[part.index];
        return tag === undefined ? null : <Row key={tag.key} tag={tag} index={part.index} />;
      })}
    </>
  );
}

function Gap({ height }: { readonly height: number }) {
  return (
    <tr class="gap" aria-hidden="true">
      <td colSpan={4} style={{ height: `${height}px` }} />
    </tr>
  );
}

interface RowProps {
  readonly tag: ListedTag;
  readonly index: number;
}

/** Most rows are the same from frame to frame: only the others are looked at. */
function Row({ tag, index }: RowProps) {
  return useMemo(() => rowOfTag({ tag, index }), [tag, index]);
}

function rowOfTag({ tag: { key, state, outcome, lagMs, digest }, index }: RowProps) {
  return (
    <tr role="row" data-key={key} aria-rowindex={index + FIRST_ROW}>
      <td role="cell" title={key}>
        <TagLink tag={key} />
      </td>
      <td role="cell">
        <span class={`state ${state}`}>{state === "failed" || state === "skipped" ? outcome : state}</span>
      </td>
      <td role="cell" class="detail">
        {duration(lagMs)} ago
      </td>
      <td role="cell">
        {digest === undefined ? <span class="detail">never confirmed</span> : <Digest digest={digest} />}
      </td>
    </tr>
  );
}

/** The rows that the region shows, and the height of each: all rows have the same. */
function useSeenRows(region: { readonly current: HTMLDivElement | null }, count: number) {
  const [height, setHeight] = useState(USUAL_HEIGHT);
  const [seen, setSeen] = useState<RowRange>({ first: 0, end: 0 });
  const [isFast, setIsFast] = useState(false);
  const before = useRef(0);
  function look(): void {
    const { current } = region;
    if (current === null) return;
    const row = current.querySelector<HTMLElement>("tr[data-key]")?.getBoundingClientRect().height ?? height;
    if (row > 0) setHeight(row);
    const first = Math.floor(current.scrollTop / row);
    const end = Math.min(Math.ceil((current.scrollTop + current.clientHeight) / row), count);
    setSeen((last) => (last.first === first && last.end === end ? last : { first, end }));
    if (isFar(before.current, first)) setIsFast(true);
    before.current = first;
  }
  const newest = useRef(look);
  newest.current = look;
  useLayoutEffect(look, [count]);
  useEffect(() => {
    if (!isFast) return undefined;
    const timer = setTimeout(() => setIsFast(false), CALM_MS);
    return () => clearTimeout(timer);
  }, [isFast, seen]);
  useLayoutEffect(() => {
    const { current } = region;
    if (current === null) return undefined;
    let frame = 0;
    const soon = (): void => {
      if (frame !== 0) return;
      frame = requestAnimationFrame(() => {
        frame = 0;
        newest.current();
      });
    };
    const resized = new ResizeObserver(soon);
    resized.observe(current);
    current.addEventListener("scroll", soon, { passive: true });
    return () => {
      resized.disconnect();
      current.removeEventListener("scroll", soon);
      cancelAnimationFrame(frame);
    };
  }, []);
  return { seen, isFast, height };
}

type Wanted = number | "last" | undefined;

const rowOf = (wanted: Wanted, count: number): number => (wanted === "last" ? count - 1 : (wanted ?? -1));

/** A row that the keyboard goes to: it is put into the page first, and then gets the focus. */
function useWantedFocus(region: { readonly current: HTMLDivElement | null }, height: number) {
  const [wanted, setWanted] = useState<Wanted>();
  useLayoutEffect(() => {
    const { current } = region;
    if (wanted === undefined || current === null) return;
    const rows = [...current.querySelectorAll<HTMLElement>("tr[data-key]")];
    const row = wanted === "last" ? rows.at(-1) : rows.find((each) => indexOf(each) === wanted);
    const link = row?.querySelector<HTMLElement>("a");
    if (row === undefined || link === null || link === undefined) return;
    link.focus({ preventScroll: true });
    // The head of the table covers its first row.
    const { top, bottom } = current.getBoundingClientRect();
    const at = row.getBoundingClientRect();
    if (at.top < top + height) current.scrollTop -= top + height - at.top;
    else if (at.bottom > bottom) current.scrollTop += at.bottom - bottom;
    setWanted(undefined);
  });
  return { wanted, setWanted };
}

/** Where a key leads to: a row, or the last of all. Undefined: the browser does what it always does. */
function targetOf(event: KeyboardEvent, rows: readonly ListedTag[]): number | "last" | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return undefined;
  if (event.key === "End") return "last";
  if (event.key === "Home") return 0;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = event.target instanceof Element ? event.target.closest<HTMLElement>("tr[data-key]") : null;
  if (step === undefined || row === null) return undefined;
  const to = indexOf(row) + step;
  return to >= 0 && to < rows.length ? to : undefined;
}
