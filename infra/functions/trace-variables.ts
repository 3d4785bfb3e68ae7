import type { Settings } from "../settings/settings.ts";

/** The variables by which a function finds the collector of traces: those that OpenTelemetry defines. */
export function traceVariables({ traces }: Pick<Settings, "traces">): Readonly<Record<string, string>> {
  if (traces === undefined) return {};
  const { endpoint, share = 1 } = traces;
  const sampling =
    share === 1 ? {} : { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: String(share) };
  return { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...sampling };
}
