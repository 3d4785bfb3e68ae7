import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Spans } from "../../src/replication/spans/span.ts";
import { openTracing } from "../../src/tracing/open-tracing.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** The traces of a run, one for each image. Disposal sends what has not been sent. */
export interface RunTraces extends AsyncDisposable {
  /** Absent where the environment names no collector. */
  readonly spans: Spans | undefined;
}

export async function openTraces({ environment, notes }: Pick<Terminal, "environment" | "notes">): Promise<RunTraces> {
  const observer = {
    warn: (message: string, { error }: { readonly error?: unknown }) => notes.lines([`${message}: ${String(error)}`]),
  };
  const tracing = await openTracing({ service: "command", variables: environment, observer });
  return {
    spans: tracing?.tracer.fresh,
    async [Symbol.asyncDispose]() {
      const lost = await tracing?.flush();
      if (lost !== undefined) notes.lines([`Spans were lost: ${describeError(lost)}`]);
    },
  };
}
