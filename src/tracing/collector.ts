import { parseKeyPairsIntoRecord } from "@opentelemetry/core";
import * as z from "zod";

/** Where spans are sent, and which. */
export interface Collector {
  /** Takes OTLP over HTTP. */
  readonly url: string;
  /** Of every request; they may hold a secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** Share of the traces that are sent, 0 to 1. */
  readonly ratio: number;
}

const Url = z.url({ protocol: /^https?$/ });
const Variables = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: Url.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Url.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().optional(),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: z.string().optional(),
  OTEL_TRACES_SAMPLER: z
    .enum(["always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_traceidratio"])
    .default("parentbased_always_on"),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
});

/**
 * The collector that the environment names, by OpenTelemetry's variables (OpenTelemetry specification, "OpenTelemetry Protocol Exporter" and
 * "Environment Variable Specification"): a general endpoint gets the path `/v1/traces`, one of traces is used as it is.
 * @throws {z.ZodError} that names the variable.
 */
export function parseCollector(variables: Readonly<Record<string, string | undefined>>): Collector | undefined {
  // Empty is the same as unset (specification, "Parsing empty value").
  const set = Object.entries(variables).filter(([name, value]) => name.startsWith("OTEL_") && value !== "");
  const parsed = Variables.parse(Object.fromEntries(set));
  const general = parsed.OTEL_EXPORTER_OTLP_ENDPOINT;
  const url = parsed.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (general && `${general.replace(/\/+$/, "")}/v1/traces`);
  const sampler = parsed.OTEL_TRACES_SAMPLER;
  if (url === undefined || sampler === "always_off") return undefined;
  const headers = parsed.OTEL_EXPORTER_OTLP_TRACES_HEADERS ?? parsed.OTEL_EXPORTER_OTLP_HEADERS;
  return {
    url,
    headers: parseKeyPairsIntoRecord(headers),
    ratio: sampler.endsWith("traceidratio") ? parsed.OTEL_TRACES_SAMPLER_ARG : 1,
  };
}
