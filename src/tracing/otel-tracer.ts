import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import type { Attributes, Context, Span as OtelSpan, Tracer as OtelTracer } from "@opentelemetry/api";
import { parseTraceParent } from "@opentelemetry/core";
import type { Span, SpanAttributes, SpanName, Spans, Tracer } from "../replication/spans/span.ts";
import type { FixedIds } from "./fixed-ids.ts";

/** Spans that begin with something that another process sent (OpenTelemetry specification, "SpanKind"). */
const CONSUMERS: readonly SpanName[] = ["event", "copy", "pre-copy"];

/** @param isPaused while true, no trace is sampled: its spans would be lost. */
export function createTracer(tracer: OtelTracer, ids: FixedIds, isPaused: () => boolean): Tracer {
  const below = (context: Context): Spans => ({
    start(name, attributes, from) {
      const kind = CONSUMERS.includes(name) ? SpanKind.CONSUMER : SpanKind.INTERNAL;
      const startTime = from === undefined ? {} : { startTime: new Date(from) };
      const span = tracer.startSpan(name, { kind, attributes: named(attributes), ...startTime }, context);
      return started(span, context);
    },
  });

  function started(span: OtelSpan, context: Context): Span {
    return {
      inside: span.isRecording() ? below(trace.setSpan(context, span)) : undefined,
      end(attributes) {
        span.setAttributes(named(attributes)).end();
      },
      fail(error, attributes) {
        const type = error instanceof Error ? error.name : typeof error;
        span.setAttributes({ ...named(attributes), "error.type": type });
        span.setStatus({ code: SpanStatusCode.ERROR }).end();
      },
    };
  }

  return {
    fresh: below(ROOT_CONTEXT),
    within(traceparent) {
      const parent = parseTraceParent(traceparent);
      if (parent === null || isPaused() || (parent.traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
      return below(trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }));
    },
    root(traceparent, name, attributes) {
      const own = parseTraceParent(traceparent);
      if (own === null || isPaused() || (own.traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
      return ids.using(own, () => below(ROOT_CONTEXT).start(name, attributes));
    },
  };
}

/** Names as OpenTelemetry writes them (semantic conventions, "Naming"): a namespace, and lower case with underscores. */
function named(attributes: SpanAttributes = {}): Attributes {
  const known = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known.map(([key, value]) => [nameOf(key), value]));
}

function nameOf(key: string): string {
  if (key === "httpStatus") return "http.response.status_code";
  return `freightliner.${key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}
