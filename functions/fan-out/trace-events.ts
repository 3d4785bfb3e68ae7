import { traceparentOf } from "../../src/contract/telemetry/traceparent.ts";
import { measured } from "../../src/replication/spans/span.ts";
import type { SpanAttributes, Tracer } from "../../src/replication/spans/span.ts";
import type { createHandler, FanOutReport } from "./handler.ts";

type HandleEvent = ReturnType<typeof createHandler>;

/**
 * Measures each event as the first span of its trace. That span has the ids of the push's `traceparent`, which the messages have as an
 * attribute: the spans of its copies are below it, at all destinations.
 * @param idOf the id of an event; an event without one has no trace.
 */
export function traceEvents(
  handle: HandleEvent,
  tracer: Tracer | undefined,
  idOf: (event: unknown) => string | undefined,
): HandleEvent {
  if (tracer === undefined) return handle;
  return (event, invocation, signal) => {
    const id = idOf(event);
    const span = id === undefined ? undefined : tracer.root(traceparentOf(id), "event", { id });
    const handling = handle(event, invocation, signal);
    return span === undefined ? handling : measured(span, handling, describe);
  };
}

function describe(report: FanOutReport): SpanAttributes {
  const { outcome } = report;
  return outcome === "requested" ? { outcome, requests: report.requests } : { outcome };
}
