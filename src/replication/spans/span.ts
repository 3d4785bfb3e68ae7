import { RegistryError } from "../../oci/errors/registry-error.ts";

/** What is known about a piece of work. Never a secret, an address or what a server said. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** A piece of work that is measured. It ends once, by `end` or `fail`; more calls do nothing. */
export interface Span {
  /** Starts spans of parts of this work; undefined where its trace is not sampled. */
  readonly inside: Spans | undefined;
  end(attributes?: SpanAttributes): void;
  /** Says what class the error has. {@link failSpan} adds what is known of a registry's. */
  fail(error: unknown, attributes?: SpanAttributes): void;
}

/** Starts spans that have one parent. */
export interface Spans {
  /** @param from when the work began, epoch milliseconds; now by default. */
  start(name: SpanName, attributes?: SpanAttributes, from?: number): Span;
}

/** Names of spans: few, so that they can be grouped. What varies is in the attributes. */
export type SpanName =
  /** An event of a push, handled. Its ids are those of the push's `traceparent`. */
  | "event"
  /** A message, from its sending to its first delivery. */
  | "queue wait"
  /** One delivery of a copy request. */
  | "copy"
  /** Both sides, asked what they have. */
  | "resolve"
  /** What a rule requires before the first byte. */
  | "gate"
  /** The manifests of an image, read. */
  | "read"
  /** One blob, with its wait for a turn. */
  | "blob"
  /** The manifests below the root, put. */
  | "manifests"
  /** An image that comes with another one: its signature, for example. */
  | "companion"
  /** The root manifest, put under its tag and confirmed. */
  | "publish"
  /** The end of a request, recorded: its receipt, and what follows from it. */
  | "record"
  /** One delivery of a pre-copy request. */
  | "pre-copy";

/** Traces of push events, each named by a header of W3C Trace Context. */
export interface Tracer {
  /** Starts spans below the one that the header names; undefined when that trace is not sampled. */
  within(traceparent: string): Spans | undefined;
  /** Starts the span that the header names: the parent of all others of the trace. */
  root(traceparent: string, name: SpanName, attributes?: SpanAttributes): Span | undefined;
  /** Starts spans that each begin a trace of their own. */
  readonly fresh: Spans;
}

/** Ends a span with what kind of error it was. A message may quote a server, or contain an address: it is in the log. */
export function failSpan(span: Span, error: unknown, attributes?: SpanAttributes): void {
  if (!(error instanceof RegistryError)) return span.fail(error, attributes);
  const { side, operation, category, status: httpStatus } = error;
  span.fail(error, { ...attributes, side, operation, category, httpStatus });
}

/** Ends a span of work whose error, if any, was kept. */
export function endSpan(span: Span, attributes: SpanAttributes, error: unknown): void {
  if (error === undefined) span.end(attributes);
  else failSpan(span, error, attributes);
}

/** Measures work that has just started. @param describe adds what is known about the result. */
export async function measured<T>(span: Span, work: Promise<T>, describe?: (result: T) => SpanAttributes): Promise<T> {
  try {
    const result = await work;
    span.end(describe?.(result));
    return result;
  } catch (error) {
    failSpan(span, error);
    throw error;
  }
}
