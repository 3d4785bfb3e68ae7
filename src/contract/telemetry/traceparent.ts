import { digestOf } from "../../oci/digest.ts";

/**
 * The trace a correlation id stands for, as the header of W3C Trace Context (`00-<trace-id>-<parent-id>-01`). Made of the
 * id alone: every function that meets the request comes to the same trace, whatever path its message took. What follows
 * a `+` tells attempts of the same request apart, and is no part of the trace.
 */
export function traceparentOf(id: string): string {
  const [correlationId = ""] = id.split("+");
  const hash = digestOf(new TextEncoder().encode(correlationId)).slice("sha256:".length);
  const uuid = correlationId.replaceAll("-", "").toLowerCase();
  const traceId = /^[0-9a-f]{32}$/.test(uuid) && /[1-9a-f]/.test(uuid) ? uuid : hash.slice(0, 32);
  return `00-${traceId}-${hash.slice(32, 48)}-01`;
}
