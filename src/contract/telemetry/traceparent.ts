import { digestOf } from "../../oci/digest.ts";

/**
 * The trace of a correlation id, as a header of W3C Trace Context (`00-<trace-id>-<parent-id>-01`). Derived from the id alone, so that
 * every function computes the same trace, whatever path the message took. A suffix after `+` distinguishes attempts of one request and
 * is not part of the trace.
 */
export function traceparentOf(id: string): string {
  const [correlationId = ""] = id.split("+");
  const hash = digestOf(new TextEncoder().encode(correlationId)).slice("sha256:".length);
  const uuid = correlationId.replaceAll("-", "").toLowerCase();
  const traceId = /^[0-9a-f]{32}$/.test(uuid) && /[1-9a-f]/.test(uuid) ? uuid : hash.slice(0, 32);
  return `00-${traceId}-${hash.slice(32, 48)}-01`;
}
