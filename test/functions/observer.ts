import type { LogFields, Observer } from "../../src/contract/telemetry/observer.ts";

export interface Observed extends Observer {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[];
  readonly counts: { readonly metric: string; readonly value: number; readonly destination: string | undefined }[];
}

/** An observer that records its calls. */
export function createObserved(): Observed {
  const lines: Observed["lines"] = [];
  const counts: Observed["counts"] = [];
  const log = (level: string) => (message: string, fields: LogFields) => void lines.push({ level, message, fields });
  return {
    lines,
    counts,
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
    count: (metric, value, destination) => void counts.push({ metric, value, destination }),
  };
}
