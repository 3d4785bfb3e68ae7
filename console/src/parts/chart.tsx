import "uplot/dist/uPlot.min.css";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Line, openPlot, PlotData } from "./plot.ts";

interface ChartProps {
  readonly title: string;
  /** What the whole period has, in a few words. */
  readonly total: string;
  readonly data: PlotData;
}

/** A chart over time, with its legend in text. Its numbers are in a table of the page, too: the picture is hidden from screen readers. */
export function Chart({ title, total, data }: ChartProps) {
  const [index, setIndex] = useState<number>();
  const host = usePlot(data, setIndex);
  const at = index === undefined ? undefined : data.times[index];
  return (
    <figure class="card chart">
      <figcaption>
        <strong>{title}</strong> <span class="detail">{at === undefined ? total : data.time(at)}</span>
      </figcaption>
      <div ref={host} class="plot" aria-hidden="true" />
      <ul class="legend">
        {data.lines.map((line) => (
          <li key={line.name}>
            <LineMark line={line} /> {line.name}
            <span class="detail">{index !== undefined && valueAt(line, index, data)}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}

function valueAt({ values }: Line, index: number, { value }: PlotData): string {
  const found = values[index];
  return found === null || found === undefined ? "–" : value(found);
}

function LineMark({ line: { colour, isDashed } }: { readonly line: Line }) {
  return (
    <svg class="mark" viewBox="0 0 20 4" aria-hidden="true">
      <line
        x1="0"
        y1="2"
        x2="20"
        y2="2"
        stroke={`var(${colour})`}
        stroke-width="3"
        stroke-dasharray={isDashed ? "5 4" : undefined}
      />
    </svg>
  );
}

type Opened = ReturnType<typeof openPlot>;

/** Draws a chart into the element that the result refers to. The library is loaded with the first chart. */
function usePlot(data: PlotData, point: (index: number | undefined) => void) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Opened | undefined>(undefined);
  const latest = useRef(data);
  latest.current = data;
  // Other lines need another chart; other values do not.
  const lines = data.lines.map(({ name }) => name).join("\n");
  useEffect(() => {
    const closing = new AbortController();
    void open(closing.signal);
    return () => {
      closing.abort();
      plot.current?.close();
      plot.current = undefined;
    };
  }, [lines]);
  useEffect(() => plot.current?.set(data), [data]);

  async function open(signal: AbortSignal): Promise<void> {
    const { openPlot } = await import("./plot.ts");
    if (host.current !== null && !signal.aborted) plot.current = openPlot(host.current, latest.current, point);
  }
  return host;
}
