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

/** An error in one line: its message and those of its causes that say something new, cut at 1,000 characters. */
export function describeError(error: unknown): string {
  const messages: string[] = [];
  const seen = new Set<unknown>();
  // A chain may be a circle.
  for (let cause = error; cause instanceof Error && seen.size < 5 && !seen.has(cause); cause = cause.cause) {
    seen.add(cause);
    const { message } = cause;
    if (!messages.some((said) => said.includes(message))) messages.push(message);
  }
  return (messages.join(" <- ") || String(error)).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").slice(0, 1_000);
}
