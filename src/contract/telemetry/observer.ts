import { formatExplanation, explainError } from "../../oci/errors/error-explanation.ts";
import type { MetricName } from "./metric-names.ts";

/** Fields of a log line in addition to its message: flat, so that every line is one JSON object. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Logs and metrics of a function. Messages of `warn` and `error` are constant; what varies is in the fields. */
export interface Observer {
  info(message: string, fields: LogFields): void;
  warn(message: string, fields: LogFields): void;
  error(message: string, fields: LogFields): void;
  /** Emits a value of a metric, in the unit of the catalogue, with the dimensions that it has. */
  count(metric: MetricName, value: number, destination?: string, reason?: string): void;
}

/** Characters that could forge log lines or manipulate a terminal: control and format characters, surrogates and line separators. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu;

/**
 * An error in one line of at most 1,000 characters, for log lines, receipts and dead letters: what was tried, what the other side
 * answered, and what to do next. Causes follow after `<-` where they add information.
 */
export function describeError(error: unknown): string {
  const { next, ...failure } = explainError(error, "stack");
  const line = next === undefined ? formatExplanation(failure) : `${formatExplanation(failure)}; ${next}`;
  return line.replaceAll(UNSAFE, " ").slice(0, 1_000);
}
