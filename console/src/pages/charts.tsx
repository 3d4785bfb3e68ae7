import { useMemo } from "preact/hooks";
import type { Series } from "../../../src/api/schemas/series.ts";
import { bytes, clockTime, counted, dollars, seconds, shortTime } from "../format.ts";
import { Chart } from "../parts/chart.tsx";
import { Choice } from "../parts/choice.tsx";
import { Answered, Nothing } from "../parts/notice.tsx";
import type { Line } from "../parts/plot.ts";
import { SeriesTable } from "../parts/series-table.tsx";
import { useLive } from "../use-live.ts";
import { addressOf } from "../use-route.ts";

const PERIODS = { "1h": "1 hour", "24h": "24 hours", "30d": "30 days" } as const;
type Period = keyof typeof PERIODS;
const EVERY_MS = { "1h": 15_000, "24h": 60_000, "30d": 300_000 } as const;
/** Colours of destinations, in the order of the configuration; a seventh has the first one again. */
const COLOURS = 6;

const isPeriod = (text: string | undefined): text is Period => text !== undefined && Object.hasOwn(PERIODS, text);

/** What happened over time. */
export function Charts({ period: given }: { readonly period: string | undefined }) {
  const period = isPeriod(given) ? given : "1h";
  const live = useLive<Series>(`api/series?period=${period}`, EVERY_MS[period]);
  // The charts of the period before stay until the new ones are there.
  const shown = { ...live, isEarlier: false };
  return (
    <section aria-labelledby="charts" aria-busy={live.isEarlier}>
      <h2 id="charts">Charts</h2>
      <Choice
        label="Period"
        options={PERIODS}
        chosen={period}
        choose={(name) => {
          location.hash = addressOf("charts", name);
        }}
      />
      {live.answer !== undefined && live.problem !== undefined && (
        <p class="problem" role="alert">
          This is the state of {clockTime(live.at)}: {live.problem}
        </p>
      )}
      <Answered live={shown}>{(series) => <Plots series={series} />}</Answered>
    </section>
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function isEmpty({ destinations }: Series): boolean {
  return destinations.every(({ arrived, failed, skipped, pending, bytesSent }) =>
    [arrived, failed, skipped, pending, bytesSent].every((values) => sum(values) === 0),
  );
}

function Plots({ series }: { readonly series: Series }) {
  const charts = useMemo(() => chartsOf(series), [series]);
  if (isEmpty(series)) return <Nothing>No push in this period.</Nothing>;
  return (
    <>
      <div class="charts">
        {charts.map(({ title, ...chart }) => (
          <Chart key={title} title={title} {...chart} />
        ))}
      </div>
      {series.destinations.map((each) => (
        <SeriesTable key={each.destination} series={series} destination={each} />
      ))}
      <p class="detail">
        Recounted from the receipts, in buckets of {seconds(series.bucketMs / 1_000)}. The last one is not over. The
        price is AWS's list price of the bytes alone.
      </p>
    </>
  );
}

type Destinations = Series["destinations"];
type Field = Exclude<keyof Destinations[number], "destination">;

/** The charts of a period, the one that people look for first. */
function chartsOf({ from, bucketMs, count, at, destinations, period }: Series) {
  // A bucket lasts until the next one, and the last one until now.
  const begins = Array.from({ length: count }, (_, index) => (from + index * bucketMs) / 1_000);
  const times = [...begins, Math.max(at / 1_000, (begins.at(-1) ?? 0) + 1)];
  const steps = (field: Field): Line[] => linesOf(destinations, field, (values) => [...values, values.at(-1) ?? null]);
  const time = (epochSeconds: number): string => shortTime(epochSeconds * 1_000, period === "30d");
  const common = { times, time };
  const all = (field: "arrived" | "failed" | "bytesSent" | "egressDollars"): number =>
    sum(destinations.map((each) => sum(each[field])));
  const pending = sum(destinations.map((each) => each.pending.at(-1) ?? 0));
  const whole = (value: number): string => (Number.isInteger(value) ? value.toLocaleString("en") : "");
  const stepped = { ...common, shape: "steps", unit: "count" } as const;
  return [
    {
      title: "Lag from push to arrival",
      total: "of those that arrived",
      data: {
        ...common,
        shape: "line" as const,
        unit: "seconds" as const,
        value: seconds,
        lines: lagLines(destinations),
      },
    },
    {
      title: "Pending",
      total: `${counted(pending, "push", "pushes")} now`,
      data: { ...stepped, value: whole, lines: steps("pending") },
    },
    {
      title: "Arrived",
      total: counted(all("arrived"), "push", "pushes"),
      data: { ...stepped, value: whole, lines: steps("arrived") },
    },
    {
      title: "Failed",
      total: counted(all("failed"), "push", "pushes"),
      data: { ...stepped, value: whole, lines: steps("failed") },
    },
    { title: "Sent", total: bytes(all("bytesSent")), data: { ...stepped, value: bytes, lines: steps("bytesSent") } },
    {
      title: "Price of these bytes, in sum",
      total: dollars(all("egressDollars")),
      data: {
        ...stepped,
        value: dollars,
        lines: linesOf(destinations, "egressDollars", (values) => sums([...values, 0])),
      },
    },
  ];
}

/** Adds up from the first value on. */
function sums(values: readonly (number | null)[]): number[] {
  let total = 0;
  return values.map((value) => (total += value ?? 0));
}

const colourOf = (index: number): string => `--line-${(index % COLOURS) + 1}`;

function linesOf(
  destinations: Destinations,
  field: Field,
  valuesOf: (values: readonly (number | null)[]) => readonly (number | null)[],
): Line[] {
  return destinations.map(({ destination: name, ...each }, index) => ({
    name,
    colour: colourOf(index),
    isDashed: false,
    values: valuesOf(each[field]),
  }));
}

function lagLines(destinations: Destinations): Line[] {
  return destinations.flatMap(({ destination, lagP95, lagP50 }, index) => [
    { name: `${destination}, p95`, colour: colourOf(index), isDashed: false, values: [...lagP95, null] },
    { name: `${destination}, p50`, colour: colourOf(index), isDashed: true, values: [...lagP50, null] },
  ]);
}
