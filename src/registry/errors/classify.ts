import type { FailureCategory } from "../../oci/errors/registry-error.ts";

const TRANSIENT = new Set([408, 421, 425, 500, 502, 504]);
const DEFERRED = new Set([429, 503]);
const TRANSIENT_CODES = new Set(["BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID"]);
const DEFERRED_CODES = new Set(["TOOMANYREQUESTS", "UNAVAILABLE"]);

/** What an HTTP answer that is no success asks for (status and first OCI error code). */
export function classifyAnswer(status: number, code: string | undefined): FailureCategory {
  if (DEFERRED.has(status) || (code !== undefined && DEFERRED_CODES.has(code))) return "deferred";
  if (TRANSIENT.has(status) || (code !== undefined && TRANSIENT_CODES.has(code))) return "transient";
  return status >= 500 ? "transient" : "permanent";
}

const PERMANENT_NETWORK = new Set([
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ERR_PROXY_REFUSED",
]);

/** What a failure below HTTP asks for: names that do not resolve and certificates that do not hold are nobody's quick fix. */
export function classifyNetwork(error: unknown): FailureCategory {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && PERMANENT_NETWORK.has(code) ? "deferred" : "transient";
}
