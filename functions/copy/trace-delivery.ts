import type { Delivery } from "../../src/contract/stack/delivery.ts";
import { traceparentOf } from "../../src/contract/telemetry/traceparent.ts";
import type { CopyReport } from "../../src/replication/outcome/copy-report.ts";
import type { RequestMessage } from "../../src/replication/planning/request-message.ts";
import { endSpan } from "../../src/replication/spans/span.ts";
import type { Span, SpanAttributes, Tracer } from "../../src/replication/spans/span.ts";

/**
 * Starts the span of a delivery, below the one that the fan-out function gave to the push; undefined when no traces are collected, or not
 * this one. The wait in the queue is a span of its own. It is known for the first delivery only: later ones wait because they were deferred.
 * @param now epoch milliseconds.
 */
export function traceDelivery(
  message: RequestMessage,
  { messageId, receiveCount, sentAt, traceparent }: Delivery,
  { tracer, now }: { readonly tracer: Tracer | undefined; readonly now: number },
): Span | undefined {
  if (tracer === undefined || message.kind === "malformed") return undefined;
  const { request } = message;
  const spans = tracer.within(traceparent ?? traceparentOf(request.id));
  if (spans === undefined) return undefined;
  const { destination, repository } = request;
  const subject = "digest" in request ? { digest: request.digest } : { reference: request.reference };
  const about = { destination, repository, ...subject, messageId };
  // The clocks of SQS and of this process differ.
  if (receiveCount === 1 && sentAt !== undefined) spans.start("queue wait", about, Math.min(sentAt, now)).end();
  return spans.start(message.kind, { ...about, delivery: receiveCount });
}

/** Ends the span of a copy as its report says. */
export function endCopy(span: Span | undefined, report: CopyReport, rule: string | undefined): void {
  if (span === undefined) return;
  const attributes = { outcome: report.outcome, rule, bytesSent: report.bytesSent, ...detailsOf(report) };
  endSpan(span, attributes, "error" in report ? report.error : undefined);
}

function detailsOf(report: CopyReport): SpanAttributes {
  const digest = "digest" in report ? { digest: report.digest } : {};
  return "reason" in report ? { ...digest, reason: report.reason } : digest;
}
