import { Metric } from "../../contract/telemetry/metric-names.ts";
import { describeError } from "../../contract/telemetry/observer.ts";
import type { LogFields, Observer } from "../../contract/telemetry/observer.ts";
import { createLogging } from "../observer.ts";
import type { FunctionLogger } from "../observer.ts";
import { correlationOf } from "./correlation.ts";
import { endOf } from "./invocation-end.ts";
import type { InvocationEnd } from "./invocation-end.ts";

/** What the chain uses of an invocation. The object is the same for all middlewares of one invocation (middy, "How it works"). */
interface Invocation {
  readonly event: unknown;
  readonly context: Parameters<FunctionLogger["addContext"]>[0] & { readonly getRemainingTimeInMillis: () => number };
  readonly error: Error | null;
}

/** A middleware, for events of every kind. `before` runs outside in, `after` and `onError` inside out. */
interface Middleware {
  readonly before?: (invocation: Invocation) => void;
  readonly after?: (invocation: Invocation) => void | Promise<void>;
  readonly onError?: (invocation: Invocation) => void | Promise<void>;
}

export interface ChainOptions {
  /** Whether an error is the answer of the handler, which has logged it. */
  readonly isRefusal?: (error: Error) => boolean;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
  /** The traces of the function, once they are open; undefined where none are collected. */
  readonly tracing?: () => FlushedTraces | undefined;
}

/** Traces that are sent before an invocation ends. */
interface FlushedTraces {
  /** Takes a second at most, and never throws. @returns why spans were lost. */
  readonly flush: () => Promise<Error | undefined>;
}

/**
 * What every invocation of a function goes through. The first is the outermost: its `before` runs first, and its `after` or `onError`
 * last. None of them answers in place of the handler, and none handles an error: Lambda does.
 */
export function createChain(serviceName: string, stack: string, options: ChainOptions = {}) {
  const { observer, logger } = createLogging(serviceName, stack);
  const { isRefusal = () => false, now = () => performance.now(), tracing = () => undefined } = options;
  const tools: Tools = { observer, logger, now, tracing, end: (error) => endOf(error, isRefusal) };
  const all = [correlation, logging, durations, traces, errors, notification];
  return { observer, middlewares: all.map((create) => create(tools)) };
}

interface Tools {
  readonly observer: Observer;
  readonly logger: FunctionLogger;
  readonly now: () => number;
  readonly end: (error: Error | null) => InvocationEnd;
  readonly tracing: () => FlushedTraces | undefined;
}

/** Adds the invocation and its correlation id to all lines until it ends. */
function correlation({ logger }: Tools): Middleware {
  const reset = (): void => logger.resetKeys();
  return {
    before({ event, context }) {
      logger.addContext(context);
      const correlationId = correlationOf(event);
      if (correlationId !== undefined) logger.appendKeys({ correlationId });
    },
    after: reset,
    onError: reset,
  };
}

/** A line when an invocation starts, at the level DEBUG, and one when it ends, with what it took and how it ended. */
function logging({ logger, now, end }: Tools): Middleware {
  const watch = stopwatch(now);
  const logEnd = (invocation: Invocation): void =>
    logger.info("Invocation ended", { outcome: end(invocation.error), milliseconds: watch.read(invocation) });
  return {
    before(invocation) {
      watch.start(invocation);
      logger.debug("Invocation started");
    },
    after: logEnd,
    onError: logEnd,
  };
}

/** The duration of each invocation, by its end. Each is a value of its own, so that CloudWatch has percentiles. */
function durations({ observer, now, end }: Tools): Middleware {
  const watch = stopwatch(now);
  const count = (invocation: Invocation): void =>
    observer.count(Metric.invocationDuration, watch.read(invocation), undefined, end(invocation.error));
  return { before: watch.start, after: count, onError: count };
}

/** An invocation that has less time left sends nothing: the next one of the same process does. In milliseconds. */
const FLUSH_LEAST_MS = 2_000;

/** Sends the spans of an invocation before it ends: after it, the process is frozen. */
function traces({ observer, tracing }: Tools): Middleware {
  const flush = async ({ context }: Invocation): Promise<void> => {
    const open = tracing();
    if (open === undefined || context.getRemainingTimeInMillis() < FLUSH_LEAST_MS) return;
    const lost = await open.flush();
    if (lost !== undefined) observer.warn("Spans could not be sent; none are for a minute", errorOf(lost));
  };
  return { after: flush, onError: flush };
}

const errorOf = (error: unknown): LogFields => ({ error: describeError(error) });

/** Logs why an invocation ended early. A handler that refuses something has said why itself. */
function errors({ observer, end }: Tools): Middleware {
  return {
    onError({ error }) {
      const ended = end(error);
      const fields = errorOf(error);
      if (ended === "crashed") observer.error("Function crashed", fields);
      if (ended === "unavailable") observer.warn("Function ended early; it is called again", fields);
    },
  };
}

/** Counts a crash: the alarm on this metric notifies people. */
function notification({ observer, end }: Tools): Middleware {
  return {
    onError({ error }) {
      if (end(error) === "crashed") observer.count(Metric.crashes, 1);
    },
  };
}

function stopwatch(now: () => number) {
  const startedAt = new WeakMap<Invocation, number>();
  return {
    start: (invocation: Invocation): void => void startedAt.set(invocation, now()),
    /** @returns whole milliseconds. */
    read: (invocation: Invocation): number => Math.round(now() - (startedAt.get(invocation) ?? now())),
  };
}
