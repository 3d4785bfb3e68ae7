import type { HrTime } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";

/** Flags of a span beyond those of its trace: its parent is known to be local or remote, and is remote (trace.proto, "SpanFlags"). */
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/**
 * Spans as the body of a request, an ExportTraceServiceRequest (OTLP specification, "JSON Protobuf Encoding"): ids in hexadecimal digits,
 * enumerations as numbers, times as decimal strings. The spans of one provider have one resource and one scope, no events and no links.
 */
export function encodeSpans(spans: readonly ReadableSpan[]): string {
  const [first] = spans;
  if (first === undefined) return JSON.stringify({ resourceSpans: [] });
  const { name } = first.instrumentationScope;
  const scopeSpans = [{ scope: { name }, spans: spans.map(spanOf) }];
  return JSON.stringify({ resourceSpans: [{ resource: resourceOf(first.resource), scopeSpans }] });
}

function spanOf(span: ReadableSpan): object {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const { parentSpanContext: parent, status } = span;
  return {
    traceId,
    spanId,
    parentSpanId: parent?.spanId,
    flags: (traceFlags & 0xff) | HAS_IS_REMOTE | (parent?.isRemote === true ? IS_REMOTE : 0),
    name: span.name,
    // Its enumeration begins with UNSPECIFIED.
    kind: span.kind + 1,
    startTimeUnixNano: nanoseconds(span.startTime),
    endTimeUnixNano: nanoseconds(span.endTime),
    attributes: Object.entries(span.attributes).flatMap(([key, value]) => attributeOf(key, value)),
    droppedAttributesCount: span.droppedAttributesCount,
    status: { code: status.code },
  };
}

function resourceOf({ attributes }: Resource): object {
  return { attributes: Object.entries(attributes).flatMap(([key, value]) => attributeOf(key, value)) };
}

/** No attribute of ours is a list. */
function attributeOf(key: string, value: unknown): object[] {
  const encoded = valueOf(value);
  return encoded === undefined ? [] : [{ key, value: encoded }];
}

function valueOf(value: unknown): object | undefined {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value !== "number") return undefined;
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** @param time seconds and nanoseconds; as one number it would lose digits. */
function nanoseconds([seconds, rest]: HrTime): string {
  return `${seconds}${String(rest).padStart(9, "0")}`;
}
