import type { FailureCategory } from "../../oci/errors/registry-error.ts";

const TRANSIENT = new Set([408, 421, 425, 500, 502, 504]);
const DEFERRED = new Set([429, 503]);
const TRANSIENT_CODES = new Set(["BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID"]);
const DEFERRED_CODES = new Set(["TOOMANYREQUESTS", "UNAVAILABLE"]);

/** The category of an unsuccessful response, by its status and first OCI error code. */
export function classifyResponse(status: number, code: string | undefined): FailureCategory {
  if (DEFERRED.has(status) || (code !== undefined && DEFERRED_CODES.has(code))) return "deferred";
  if (TRANSIENT.has(status) || (code !== undefined && TRANSIENT_CODES.has(code))) return "transient";
  return status >= 500 ? "transient" : "permanent";
}

/** Names that do not resolve, invalid certificates and refusals of a proxy: a retry in place does not fix them. */
const DEFERRED_NETWORK = new Set([
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ERR_PROXY_REFUSED",
]);

/** The category of a failure below HTTP, by the code of Node or undici. */
export function classifyNetwork(error: unknown): FailureCategory {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && DEFERRED_NETWORK.has(code) ? "deferred" : "transient";
}
