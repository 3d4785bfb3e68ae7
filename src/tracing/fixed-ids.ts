import { RandomIdGenerator } from "@opentelemetry/sdk-trace";
import type { IdGenerator } from "@opentelemetry/sdk-trace";

/** Ids of a span that are known before it starts. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** Random ids, except for spans that are started by {@link FixedIds.using}. */
export interface FixedIds {
  readonly generator: IdGenerator;
  /** Starts one span with these ids. */
  using<T>(ids: SpanIds, start: () => T): T;
}

export function createFixedIds(): FixedIds {
  const random = new RandomIdGenerator();
  let fixed: SpanIds | undefined;
  return {
    generator: {
      generateTraceId: () => fixed?.traceId ?? random.generateTraceId(),
      generateSpanId: () => fixed?.spanId ?? random.generateSpanId(),
    },
    using(ids, start) {
      fixed = ids;
      try {
        return start();
      } finally {
        fixed = undefined;
      }
    },
  };
}
