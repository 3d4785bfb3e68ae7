import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { describe, expect, it } from "vitest";
import { encodeSpans } from "../../src/tracing/otlp-json.ts";

/** Two spans of one trace, the second below a span of another process. */
function twoSpans() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "freightliner-copy", replicas: 2 }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer("freightliner");
  const startTime: [number, number] = [1_700_000_000, 1];
  const endTime: [number, number] = [1_700_000_001, 999_999_999];
  tracer.startSpan("event", { kind: SpanKind.CONSUMER, startTime }, ROOT_CONTEXT).end(endTime);
  const parent = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 };
  const below = trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
  const attributes = { text: "ä", whole: 9_007_199_254_740_991, share: 0.5, is: true };
  const span = tracer.startSpan("copy", { attributes, startTime }, below);
  span.setStatus({ code: SpanStatusCode.ERROR }).end(endTime);
  return exporter.getFinishedSpans();
}

/** Fields that OpenTelemetry's encoder always writes and that say nothing: a missing field has the default value of its type. */
const EMPTY = new Set(["events", "links", "droppedEventsCount", "droppedLinksCount", "schemaUrl"]);

/** The same request without what says nothing, and with 64-bit numbers as strings: their encoder writes numbers, which receivers take, too. */
function normal(json: string): unknown {
  return JSON.parse(json, (key, value: unknown) => {
    if (EMPTY.has(key) || (key === "droppedAttributesCount" && value === 0)) return undefined;
    return key === "intValue" ? String(value) : value;
  });
}

describe("spans as JSON", () => {
  it("are the request that OpenTelemetry's own encoder makes of them", () => {
    const spans = twoSpans();
    expect(spans).toHaveLength(2);
    const theirs = new TextDecoder().decode(JsonTraceSerializer.serializeRequest(spans));
    expect(normal(encodeSpans(spans))).toEqual(normal(theirs));
  });

  it("have no digit less than the nanoseconds of their times", () => {
    expect(encodeSpans(twoSpans())).toContain('"startTimeUnixNano":"1700000000000000001"');
  });

  it("are an empty request when there are none", () => {
    expect(encodeSpans([])).toBe('{"resourceSpans":[]}');
  });
});
