import type { IRole } from "aws-cdk-lib/aws-iam";
import { storedSecret } from "../../src/contract/providers/provider.ts";
import { allowReadingSecrets } from "../access/secret-access.ts";
import type { Settings } from "../settings/settings.ts";

/** The variables by which a function finds the collector of traces: those that OpenTelemetry defines, and where its secret headers are. */
export function traceVariables({ traces }: Pick<Settings, "traces">): Readonly<Record<string, string>> {
  if (traces === undefined) return {};
  const { endpoint, share = 1, headersSecret } = traces;
  const sampling =
    share === 1 ? {} : { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: String(share) };
  const headers = headersSecret === undefined ? {} : { FREIGHTLINER_TRACE_HEADERS_SECRET: headersSecret };
  return { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...sampling, ...headers };
}

/** Allows a role that sends traces to read the headers for their collector, if they are in a secret. */
export function allowTraceHeaders(role: IRole, { traces }: Pick<Settings, "traces">): void {
  if (traces?.headersSecret === undefined) return;
  allowReadingSecrets([role], [storedSecret(traces.headersSecret, traces.secretEncryptionKey)]);
}
