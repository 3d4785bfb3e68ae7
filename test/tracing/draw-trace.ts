import type { ReceivedSpan } from "../fixtures/servers/otlp-receiver.ts";

export interface TraceText {
  readonly title: string;
  readonly subtitle: string;
}

const WIDTH = 1_000;
/** Where the bars begin and end; names are left of them, durations right of each. */
const LEFT = 270;
const RIGHT = WIDTH - 90;
const TOP = 92;
const ROW = 24;
const INDENT = 16;

/** Colours that can be told apart on white and on black, by what a span measures. */
const COLOURS = [
  { about: "waiting", colour: "#8f8f9a", names: ["queue wait"] },
  { about: "functions", colour: "#5a8fd6", names: ["event", "copy", "record"] },
  { about: "questions to registries", colour: "#2aa198", names: ["resolve", "read", "gate"] },
  { about: "blobs", colour: "#e08a3c", names: ["blob", "pre-copy"] },
  { about: "manifests", colour: "#6aa84f", names: ["publish", "manifests", "companion"] },
] as const;

/** The picture follows the reader's colour scheme; its background is opaque, because the page's own may be another one. */
const STYLE = `
  .page { fill: #ffffff } .line { stroke: #d9d9de } text { fill: #1c1c21; font: 13px sans-serif } .soft { fill: #5f5f68 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #16161a } .line { stroke: #3a3a42 } text { fill: #ececf1 } .soft { fill: #a3a3ad }
  }`;

interface Row {
  readonly span: ReceivedSpan;
  readonly depth: number;
}

/** Draws a trace as a waterfall: one row for each span, below its parent, in the order of their beginnings. */
export function drawTrace(spans: readonly ReceivedSpan[], { title, subtitle }: TraceText): string {
  const rows = rowsBelow(spans, undefined, 0);
  const startMs = Math.min(...spans.map((span) => span.startMs));
  const endMs = Math.max(...spans.map((span) => span.endMs));
  const x = (ms: number): number => LEFT + ((ms - startMs) / (endMs - startMs)) * (RIGHT - LEFT);
  const bottom = TOP + rows.length * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 36}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="page" width="${WIDTH}" height="${bottom + 36}"/>`,
    `<text x="16" y="28" style="font-size:18px">${escape(title)}</text>`,
    `<text class="soft" x="16" y="50">${escape(subtitle)}</text>`,
    ...COLOURS.map(legend),
    ...ticksOf(endMs - startMs).map((ms) => tick(x(startMs + ms), ms, bottom)),
    ...rows.map((row, index) => bar(row, TOP + index * ROW, x)),
    "</svg>",
    "",
  ].join("\n");
}

function rowsBelow(spans: readonly ReceivedSpan[], parent: string | undefined, depth: number): Row[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .toSorted((a, b) => a.startMs - b.startMs)
    .flatMap((span) => [{ span, depth }, ...rowsBelow(spans, span.spanId, depth + 1)]);
}

function legend({ about, colour }: (typeof COLOURS)[number], index: number): string {
  const left = 16 + index * 170;
  return `<rect x="${left}" y="62" width="12" height="12" rx="2" fill="${colour}"/><text class="soft" x="${left + 18}" y="73">${about}</text>`;
}

/** Round numbers of milliseconds, some six of them. */
function ticksOf(lengthMs: number): number[] {
  const step = [5, 10, 20, 50, 100, 200, 500, 1_000].find((each) => lengthMs / each <= 7) ?? 5_000;
  return Array.from({ length: Math.floor(lengthMs / step) + 1 }, (_, index) => index * step);
}

function tick(x: number, ms: number, bottom: number): string {
  const at = x.toFixed(1);
  return `<line class="line" x1="${at}" y1="${TOP - 4}" x2="${at}" y2="${bottom}"/><text class="soft" x="${at}" y="${bottom + 20}" text-anchor="middle">${ms} ms</text>`;
}

function bar({ span, depth }: Row, y: number, x: (ms: number) => number): string {
  const colour = COLOURS.find(({ names }) => names.some((name) => name === span.name))?.colour ?? "#8f8f9a";
  const from = x(span.startMs);
  const width = Math.max(x(span.endMs) - from, 2);
  const duration = `${Math.round(span.endMs - span.startMs)} ms`;
  return [
    `<text x="${16 + depth * INDENT}" y="${y + 16}">${escape(labelOf(span))}</text>`,
    `<rect x="${from.toFixed(1)}" y="${y + 4}" width="${width.toFixed(1)}" height="${ROW - 8}" rx="2" fill="${colour}"/>`,
    `<text class="soft" x="${(from + width + 6).toFixed(1)}" y="${y + 16}">${duration}</text>`,
  ].join("");
}

/** The name, and of a blob its size and how it came. */
function labelOf({ name, attributes }: ReceivedSpan): string {
  const { "freightliner.bytes": bytes, "freightliner.how": how, "freightliner.reference": reference } = attributes;
  if (name === "blob") return `blob, ${sizeOf(Number(bytes))}, ${how}`;
  return name === "publish" || name === "companion" ? `${name} ${reference}` : name;
}

function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
