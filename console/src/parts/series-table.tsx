import { useState } from "preact/hooks";
import type { Series } from "../../../src/api/schemas/series.ts";
import { bytes, dollars, moment, seconds } from "../format.ts";
import { DataTable } from "./data-table.tsx";

const HEADS = ["From", "Arrived", "Failed", "Skipped", "Pending at its end", "Lag p50, p95", "Sent", "Price"];

interface TableProps {
  readonly series: Series;
  readonly destination: Series["destinations"][number];
}

/** The numbers of one destination's lines, for those who do not see the charts. Buckets in which nothing happened are left out. */
export function SeriesTable({ series, destination }: TableProps) {
  const [isOpen, setOpen] = useState(false);
  const { destination: name } = destination;
  return (
    <details onToggle={({ currentTarget: { open } }) => setOpen(open)}>
      <summary>{name} as a table</summary>
      {isOpen && <DataTable label={`table of ${name}`} heads={HEADS} rows={rowsOf(series, destination)} />}
    </details>
  );
}

/** The newest first. */
function rowsOf({ from, bucketMs, count }: Series, series: TableProps["destination"]) {
  const { arrived, failed, skipped, pending, lagP50, lagP95, bytesSent, egressDollars } = series;
  const rows = Array.from({ length: count }, (_, index) => {
    const counts = [arrived, failed, skipped, pending].map((values) => values[index] ?? 0);
    const [p50, p95, sent] = [lagP50[index] ?? null, lagP95[index] ?? null, bytesSent[index] ?? 0];
    const lag = p50 === null || p95 === null ? "–" : `${seconds(p50)}, ${seconds(p95)}`;
    const isIdle = sent === 0 && counts.every((each) => each === 0);
    return {
      isIdle,
      key: from + index * bucketMs,
      head: moment(from + index * bucketMs),
      cells: [...counts, lag, bytes(sent), dollars(egressDollars[index] ?? 0)],
    };
  });
  return rows.filter(({ isIdle }) => !isIdle).toReversed();
}
