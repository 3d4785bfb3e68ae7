import { expect, it } from "vitest";
import type { ReceivedSpan } from "../fixtures/servers/otlp-receiver.ts";
import { drawTrace } from "./draw-trace.ts";

const span = (name: string, [startMs, endMs]: readonly [number, number], about: Partial<ReceivedSpan> = {}) => ({
  traceId: "1".repeat(32),
  spanId: name.padEnd(16),
  flags: 1,
  name,
  kind: 1,
  startMs,
  endMs,
  attributes: {},
  droppedAttributesCount: 0 as const,
  status: { code: 0 },
  resource: {},
  ...about,
});

it("the picture of a trace has each span below its parent, where it began, as long as it took", () => {
  const parentSpanId = span("event", [0, 0]).spanId;
  const blob = { parentSpanId, attributes: { "freightliner.bytes": 1_500_000, "freightliner.how": "<mounted>" } };
  const spans = [span("blob", [500, 1_000], blob), span("event", [0, 1_000])];
  const rows = drawTrace(spans, { title: "t", subtitle: "s" })
    .split("\n")
    .filter((line) => line.includes('rx="2" fill') && line.startsWith("<text"));
  expect(rows.map((row) => />([^<]+)</.exec(row)?.[1])).toEqual(["event", "blob, 1.5 MB, &lt;mounted&gt;"]);
  const [event, part] = rows.map((row) => {
    const [, x, width] = /<rect x="([\d.]+)"[^>]* width="([\d.]+)"/.exec(row) ?? [];
    return { x: Number(x), width: Number(width), text: />(\d+ ms)</.exec(row)?.[1] };
  });
  expect([event?.text, part?.text]).toEqual(["1000 ms", "500 ms"]);
  expect(part?.width).toBeCloseTo((event?.width ?? 0) / 2, 0);
  expect(part?.x).toBeCloseTo((event?.x ?? 0) + (event?.width ?? 0) / 2, 0);
});
