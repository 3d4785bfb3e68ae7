import { describeError } from "../contract/telemetry/observer.ts";
import type { Observer } from "../contract/telemetry/observer.ts";
import type { Tracer } from "../replication/spans/span.ts";

/** The traces of a process. */
export interface Tracing {
  readonly tracer: Tracer;
  /**
   * Sends the spans that have ended, within a second; a process that is frozen sends nothing.
   * @returns why spans were lost since the last call; undefined when none were. Never throws.
   */
  flush(): Promise<Error | undefined>;
}

export interface TracingOptions {
  /** Name of the function or program, and of the stack that it belongs to. */
  readonly service: string;
  readonly stack?: string | undefined;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Reads more headers of each request, `name=value,name=value`, from where secrets are kept. Read at the first export, and again after a failed one. */
  readonly readHeaders?: ((signal: AbortSignal) => Promise<string>) | undefined;
  /** Told when the variables are wrong: then there are no traces. */
  readonly observer: Pick<Observer, "warn">;
}

/**
 * Opens the traces of a process, if its environment names a collector. Without one, no module of OpenTelemetry is loaded. Under a layer
 * that loads OpenTelemetry before the function, there are none: the layer has spans of its own.
 */
export async function openTracing(options: TracingOptions): Promise<Tracing | undefined> {
  const { variables } = options;
  const endpoint = variables["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] || variables["OTEL_EXPORTER_OTLP_ENDPOINT"];
  if (!endpoint || variables["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") return undefined;
  if (variables["OTEL_TRACES_EXPORTER"] === "none" || variables["AWS_LAMBDA_EXEC_WRAPPER"]) return undefined;
  const { createTracing } = await import("./otlp-tracing.ts");
  try {
    return createTracing(options);
  } catch (error) {
    const fields = { error: describeError(error) };
    options.observer.warn("No traces: a variable of OpenTelemetry is wrong", fields);
    return undefined;
  }
}
