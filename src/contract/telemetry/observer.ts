import { describeFailure, failureOf } from "../../oci/errors/failure.ts";
import type { MetricName } from "./metric-names.ts";

/** Values of a log line beside its message: plain, so that every line is one JSON object. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** What a function tells the world. `warn` and `error` have constant messages; what varies is in the fields. */
export interface Observer {
  info(message: string, fields: LogFields): void;
  warn(message: string, fields: LogFields): void;
  error(message: string, fields: LogFields): void;
  /** Adds to a metric, for one destination, and one reason, where it has them. Units are as the catalogue says. */
  count(metric: MetricName, value: number, destination?: string, reason?: string): void;
}

/** What leads a terminal or a reader of logs astray: control characters, line ends, and marks that change the direction of text. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu;

/**
 * An error in one line of at most 1,000 characters, the same in log lines, receipts and dead letters, and but for what to do
 * next the same as at the command line: what was tried, with what, what the other side said, what to do next. Causes follow
 * after `<-` where they say something new.
 */
export function describeError(error: unknown): string {
  const { next, ...failure } = failureOf(error, "stack");
  const line = next === undefined ? describeFailure(failure) : `${describeFailure(failure)}; ${next}`;
  return line.replaceAll(OBEYED, " ").slice(0, 1_000);
}
