/** A text table whose columns are as wide as their widest cells. */
export function createTable(head: readonly string[]) {
  const rows: (readonly string[])[] = [head];
  return {
    row: (cells: readonly string[]): void => void rows.push(cells),
    lines(): string[] {
      const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
      const line = (row: readonly string[]): string =>
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd();
      return rows.map(line);
    },
  };
}
