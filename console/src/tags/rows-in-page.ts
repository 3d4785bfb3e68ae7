import type { RowRange } from "./tag-list.ts";

/** So many rows are all in the page: the browser's own search finds each of them. */
const ALL_ROWS = 500;
/** Rows before and after those that are seen: what is scrolled to is there already. */
const AROUND = 25;
/** The same while so many rows are scrolled by in a frame that those around are gone before they are seen. */
const AROUND_FAST = 4;
/** The page changes each time so many rows have been scrolled by. */
const STEP = 10;

/** True when the table was scrolled so far in a frame that hardly a row of the last one is left. */
export const isFar = (from: number, to: number): boolean => Math.abs(to - from) > AROUND / 2;

/** The rows that are seen, in whole steps, and those around them. */
export function rowsAround({ first, end }: RowRange, isFast: boolean, count: number): RowRange {
  if (count <= ALL_ROWS) return { first: 0, end: count };
  const [around, step] = isFast ? [AROUND_FAST, 1] : [AROUND, STEP];
  const from = Math.floor(Math.max(first - around, 0) / step) * step;
  const to = Math.ceil(Math.min(end + around, count) / step) * step;
  return { first: Math.min(from, count), end: Math.min(to, count) };
}

/** Rows of the table in their order, or a gap that stands for rows. */
export type Part =
  | { readonly kind: "row"; readonly index: number }
  | { readonly kind: "gap"; readonly from: number; readonly rows: number };

/**
 * The parts of a table that has some of its rows.
 * @param pinned rows that stay, wherever the table is scrolled to: those with the focus, or with an end of the selection.
 */
export function partsOf({ first, end }: RowRange, pinned: readonly number[], count: number): Part[] {
  const outside = [...new Set(pinned)].filter((row) => row >= 0 && row < count && (row < first || row >= end));
  const rows = [...outside, ...Array.from({ length: end - first }, (_, nth) => first + nth)].toSorted((a, b) => a - b);
  const parts: Part[] = [];
  let next = 0;
  for (const index of [...rows, count]) {
    if (index > next) parts.push({ kind: "gap", from: next, rows: index - next });
    if (index < count) parts.push({ kind: "row", index });
    next = index + 1;
  }
  return parts;
}
