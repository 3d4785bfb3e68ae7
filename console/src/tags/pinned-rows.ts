import type { ListedTag } from "../../../src/api/schemas/tag.ts";

/** Rows that have the focus, or an end of the selection, as they are at this moment: they stay in the page. */
export function pinnedRows(rows: readonly ListedTag[]): number[] {
  const selection = getSelection();
  const ends = selection === null || selection.isCollapsed ? [] : [selection.anchorNode, selection.focusNode];
  return [document.activeElement, ...ends].flatMap((node) => {
    const row = rowOf(node);
    return row === undefined ? [] : [placeOf(row, rows)];
  });
}

function rowOf(node: Node | null): HTMLElement | undefined {
  const element = node instanceof Element ? node : node?.parentElement;
  return element?.closest<HTMLElement>("tr[data-key]") ?? undefined;
}

/** Tags that were pushed meanwhile may have moved it: then all rows are searched. */
function placeOf(row: HTMLElement, rows: readonly ListedTag[]): number {
  const last = indexOf(row);
  const { key } = row.dataset;
  return rows[last]?.key === key ? last : rows.findIndex((tag) => tag.key === key);
}

/** The place of a row in the table: its head has the first one. */
export const indexOf = (row: HTMLElement): number => Number(row.ariaRowIndex) - FIRST_ROW;

/** `aria-rowindex` of the first row. */
export const FIRST_ROW = 2;
