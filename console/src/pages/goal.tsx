import type { MonthReport } from "../../../src/api/schemas/month-report.ts";
import { duration } from "../format.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Answered } from "../parts/notice.tsx";
import { useLive } from "../use-live.ts";

const EVERY_MS = 60_000;

const HEADS = [
  "Destination",
  "Pushes",
  "In time",
  "Late",
  "Failed",
  "Pending",
  "%",
  "Budget used",
  "Lag p50, p95, p99",
];

/** The goal of the month, recounted from the receipts. */
export function Goal() {
  const live = useLive<MonthReport>("api/slo", EVERY_MS);
  return (
    <section aria-labelledby="goal">
      <h2 id="goal">Monthly goal</h2>
      <Answered live={live}>
        {({ month, goal, destinations }) => (
          <>
            <p class="detail">
              {month} (UTC), recounted from the receipts: {goal.percent} % of accepted pushes within{" "}
              {duration(goal.withinMs)}.
            </p>
            <DataTable
              label="table of destinations"
              heads={HEADS}
              rows={destinations.map((each) => ({
                key: each.destination,
                head: each.destination,
                cells: cellsOf(each),
              }))}
            />
          </>
        )}
      </Answered>
    </section>
  );
}

function cellsOf(report: MonthReport["destinations"][number]): readonly (string | number)[] {
  const { counted, inTime, late, failed, pending, percent, budgetUsed, lagSeconds } = report;
  const lag = lagSeconds && [lagSeconds.p50, lagSeconds.p95, lagSeconds.p99];
  return [
    counted,
    inTime,
    late,
    failed,
    pending,
    Math.floor(percent * 1_000) / 1_000,
    `${Math.round(budgetUsed * 100)} %`,
    lag === undefined ? "–" : lag.map((seconds) => duration(seconds * 1_000)).join(", "),
  ];
}
