import { duration } from "../format.ts";
import { Answered } from "../parts/notice.tsx";
import { useLive } from "../use-live.ts";

/** How well the destinations met the goal in a month. */
export interface MonthReport {
  readonly month: string;
  readonly goal: { readonly percent: number; readonly withinMs: number };
  readonly destinations: readonly {
    readonly destination: string;
    readonly counted: number;
    readonly inTime: number;
    readonly late: number;
    readonly failed: number;
    readonly pending: number;
    readonly percent: number;
    readonly budgetUsed: number;
    readonly lagSeconds?: { readonly p50: number; readonly p95: number; readonly p99: number };
  }[];
}

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

/** The goal, recounted from the receipts. */
export function Goal() {
  const live = useLive<MonthReport>("api/slo", EVERY_MS);
  return (
    <section aria-labelledby="goal">
      <h2 id="goal">Goal</h2>
      <Answered live={live}>
        {({ month, goal, destinations }) => (
          <>
            <p class="detail">
              {month} (UTC), recounted from the receipts: {goal.percent} % of accepted pushes within{" "}
              {duration(goal.withinMs)}.
            </p>
            <Destinations destinations={destinations} />
          </>
        )}
      </Answered>
    </section>
  );
}

function Destinations({ destinations }: Pick<MonthReport, "destinations">) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="table of destinations">
      <table>
        <thead>
          <tr>
            {HEADS.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {destinations.map((each) => (
            <tr key={each.destination}>
              <th scope="row">{each.destination}</th>
              {cellsOf(each).map((cell, index) => (
                <td key={HEADS[index + 1]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
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
