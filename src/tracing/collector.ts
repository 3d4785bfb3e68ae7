import { parseKeyPairsIntoRecord } from "@opentelemetry/core";

/** Where spans are sent, and which. */
export interface Collector {
  /** Takes OTLP over HTTP. */
  readonly url: string;
  /** Of every request; they may hold a secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** Share of the traces that are sent, more than 0 and up to 1. */
  readonly ratio: number;
}

/** A variable has a wrong value; the message names it. */
export class CollectorError extends Error {
  override readonly name = "CollectorError";
}

type Variables = Readonly<Record<string, string | undefined>>;

const SAMPLERS: readonly string[] = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_traceidratio",
];

/**
 * The collector that the environment names, by OpenTelemetry's variables (OpenTelemetry specification, "OpenTelemetry Protocol Exporter" and
 * "Environment Variable Specification"): a general endpoint gets the path `/v1/traces`, one of traces is used as it is. Parsed without zod:
 * a bundle that shares zod with what it loads on demand is larger from the start.
 * @throws {CollectorError}
 */
export function parseCollector(variables: Variables): Collector | undefined {
  const general = addressIn(variables, "OTEL_EXPORTER_OTLP_ENDPOINT");
  const url =
    addressIn(variables, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") ??
    (general && `${general.replace(/\/+$/, "")}/v1/traces`);
  const ratio = ratioIn(variables);
  if (url === undefined || ratio === 0) return undefined;
  const headers = variables["OTEL_EXPORTER_OTLP_TRACES_HEADERS"] || variables["OTEL_EXPORTER_OTLP_HEADERS"];
  return { url, headers: parseKeyPairsIntoRecord(headers), ratio };
}

/** Empty is the same as unset (specification, "Parsing empty value"). */
function addressIn(variables: Variables, name: string): string | undefined {
  const text = variables[name];
  if (!text) return undefined;
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new CollectorError(`${name}: is not an address, http://... or https://...`);
}

function ratioIn(variables: Variables): number {
  const sampler = variables["OTEL_TRACES_SAMPLER"] || "parentbased_always_on";
  if (!SAMPLERS.includes(sampler)) throw new CollectorError(`OTEL_TRACES_SAMPLER: is none of ${SAMPLERS.join(", ")}`);
  const ratio = Number(variables["OTEL_TRACES_SAMPLER_ARG"] || 1);
  if (!(ratio >= 0 && ratio <= 1)) throw new CollectorError("OTEL_TRACES_SAMPLER_ARG: is not a number from 0 to 1");
  if (sampler === "always_off") return 0;
  return sampler.endsWith("traceidratio") ? ratio : 1;
}
