import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { systemClock } from "../async/system-clock.ts";
import type { Clock } from "../async/clock.ts";
import { parseCollector } from "./collector.ts";
import { createFixedIds } from "./fixed-ids.ts";
import type { Tracing, TracingOptions } from "./open-tracing.ts";
import { createTracer } from "./otel-tracer.ts";
import { createOtlpExporter, EXPORT_LIMIT_MS } from "./otlp-exporter.ts";

/** Spans that wait for their export; more are dropped. A big index has some hundred blobs. */
const QUEUED_SPANS = 2_048;
const SPANS_IN_REQUEST = 512;
/** How often a long copy sends what has ended, in milliseconds. */
const EXPORT_EVERY_MS = 5_000;
/** Longest text of an attribute: a reference may be long, and nothing else is. */
const TEXT_LENGTH = 512;

/** @throws {CollectorError} when a variable is wrong. */
export function createTracing(
  { service, stack, variables, readHeaders }: TracingOptions,
  clock: Clock = systemClock,
): Tracing | undefined {
  const collector = parseCollector(variables);
  if (collector === undefined) return undefined;
  const exporter = createOtlpExporter(collector, clock, readHeaders);
  const ids = createFixedIds();
  // Decides by the trace's id: all functions decide the same about one trace.
  const share = new TraceIdRatioBasedSampler(collector.ratio);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": variables["OTEL_SERVICE_NAME"] || `freightliner-${service}`,
      ...(stack === undefined ? {} : { "service.namespace": stack }),
    }),
    sampler: new ParentBasedSampler({
      root: share,
      remoteParentSampled: share,
      remoteParentNotSampled: new AlwaysOffSampler(),
    }),
    spanLimits: { attributeValueLengthLimit: TEXT_LENGTH },
    idGenerator: ids.generator,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: QUEUED_SPANS,
        maxExportBatchSize: SPANS_IN_REQUEST,
        scheduledDelayMillis: EXPORT_EVERY_MS,
        // The exporter ends before: it has a limit of its own.
        exportTimeoutMillis: 2 * EXPORT_LIMIT_MS,
      }),
    ],
  });
  return {
    tracer: createTracer(provider.getTracer("freightliner"), ids, () => exporter.isPaused()),
    async flush() {
      // The exporter knows why; the provider adds nothing to it.
      await provider.forceFlush().catch(() => undefined);
      return exporter.takeFailure();
    },
  };
}
