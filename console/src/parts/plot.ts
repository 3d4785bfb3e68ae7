import Plot from "uplot";

/** One line of a chart. */
export interface Line {
  readonly name: string;
  /** The custom property with its colour. */
  readonly colour: string;
  readonly isDashed: boolean;
  /** One value for each time; null: there is none, and the line has a gap. */
  readonly values: readonly (number | null)[];
}

export interface PlotData {
  /** Epoch seconds, ascending. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  /** `steps`: a value lasts until the next time. */
  readonly shape: "steps" | "line";
  /** What its values are. */
  readonly unit: "seconds" | "count";
  readonly value: (value: number) => string;
  readonly time: (seconds: number) => string;
}

const HEIGHT = 160;
const FONT = "12px system-ui, sans-serif";
/** Room for values, and for times, in pixels. */
const AXIS = { values: 64, times: 28 } as const;
/** Steps of the axis, where values are no decimal numbers; without them, any that the library likes. */
const SECONDS = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400,
];
/** All charts show their values at the same time. */
const SYNC = "charts";

/** Draws a chart into an element and follows its width and the colours. @param point is told the index under the pointer. @returns what removes the chart. */
export function openPlot(
  host: HTMLElement,
  data: PlotData,
  point: (index: number | undefined) => void,
): { readonly set: (data: PlotData) => void; readonly close: () => void } {
  let current = data;
  const plot = new Plot(
    optionsOf(host, { data: () => current, point }),
    [[...data.times], ...data.lines.map(({ values }) => [...values])],
    host,
  );
  const resized = new ResizeObserver(() => plot.setSize({ width: host.clientWidth, height: HEIGHT }));
  resized.observe(host);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const redraw = (): void => plot.redraw(false);
  scheme.addEventListener("change", redraw);
  return {
    set(next) {
      current = next;
      plot.setData([[...next.times], ...next.lines.map(({ values }) => [...values])]);
    },
    close() {
      scheme.removeEventListener("change", redraw);
      resized.disconnect();
      plot.destroy();
    },
  };
}

interface Readers {
  readonly data: () => PlotData;
  readonly point: (index: number | undefined) => void;
}

function optionsOf(host: HTMLElement, { data, point }: Readers): Plot.Options {
  const soft = () => colourOf(host, "--soft");
  const grid = { stroke: () => colourOf(host, "--line"), width: 1 };
  const { lines, shape, unit } = data();
  const stepped = Plot.paths.stepped?.({ align: 1 });
  return {
    width: host.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { sync: { key: SYNC }, drag: { x: false, y: false }, y: false, dataIdx: bucketAt },
    scales: { y: { range: (_plot, _least, most) => [0, (most > 0 ? most : 1) * 1.1] } },
    axes: [
      {
        stroke: soft,
        font: FONT,
        grid: { show: false },
        ticks: grid,
        space: 64,
        size: AXIS.times,
        values: labels((at) => data().time(at)),
      },
      {
        stroke: soft,
        font: FONT,
        grid,
        ticks: { show: false },
        space: 34,
        size: AXIS.values,
        ...(unit === "seconds" ? { incrs: SECONDS } : {}),
        values: labels((at) => data().value(at)),
      },
    ],
    series: [
      {},
      ...lines.map(({ colour, isDashed }) => ({
        stroke: () => colourOf(host, colour),
        width: 1.75,
        ...(isDashed ? { dash: [4, 4] } : {}),
        ...(shape === "steps" && stepped !== undefined
          ? { paths: stepped, points: { show: false } }
          : { points: { show: true, size: 6, fill: () => colourOf(host, colour), filter: lonePoints } }),
        spanGaps: false,
      })),
    ],
    hooks: { setLegend: [({ cursor: { idxs } }) => point(idxs?.[1] ?? undefined)] },
  };
}

/** The time at or before the pointer, and not the one that is nearest: it is where a bucket begins. */
function bucketAt({ data: [times] }: Plot, _series: number, nearest: number, at: number): number {
  return nearest > 0 && (times[nearest] ?? 0) > at ? nearest - 1 : nearest;
}

/** Values between two gaps: no line goes through them. */
function lonePoints({ data }: Plot, line: number): number[] {
  const values = data[line] ?? [];
  const isThere = (at: number): boolean => typeof values[at] === "number";
  return [...values.keys()].filter((at) => isThere(at) && !isThere(at - 1) && !isThere(at + 1));
}

const labels =
  (label: (value: number) => string) =>
  (_plot: Plot, splits: number[]): string[] =>
    splits.map(label);

/** The colour of a custom property as a canvas understands it: it knows neither properties nor `light-dark`. */
function colourOf(host: HTMLElement, property: string): string {
  host.style.color = `var(${property})`;
  const { color } = getComputedStyle(host);
  host.style.color = "";
  return color;
}
