import type { RegistryError, Side } from "../../oci/errors/registry-error.ts";

/**
 * Why a registry refuses a request: error codes of the distribution-spec ("Error Codes"), codes of the clouds, and `refused` for
 * every other response. The registry's own message is in the error.
 */
export const REFUSALS = [
  "login-refused",
  "denied",
  "tag-immutable",
  "digest-invalid",
  "size-invalid",
  "manifest-invalid",
  "manifest-unknown",
  "blob-unknown",
  "name-invalid",
  "name-unknown",
  "unsupported",
  "refused",
] as const;
export type Refusal = (typeof REFUSALS)[number];

const refusalsOf = <S extends Side>(side: S) => REFUSALS.map((refusal): `${S}-${Refusal}` => `${side}-${refusal}`);

/** Why a request failed for good. */
export const FAILURE_REASONS = [
  "malformed-event",
  "malformed-message",
  /** The message names a different destination than its queue. */
  "wrong-queue",
  "unknown-destination",
  "malformed-image",
  "source-incomplete",
  "too-large",
  /** The target repeatedly received a whole blob and did not keep it. */
  "target-upload-not-kept",
  /** The target's tag names an image that Freightliner did not put there, and the rule leaves that to people. */
  "target-conflict",
  /** The target refuses an index of which not all platforms are copied. */
  "target-sparse-refused",
  "attempts-exhausted",
  /** Repeated unexpected failures of the function. */
  "crashed",
  ...refusalsOf("source"),
  ...refusalsOf("target"),
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** The failure reason for a permanent refusal of a registry. */
export function refusalReason(error: RegistryError): FailureReason {
  return `${error.side}-${refusalOf(error)}`;
}

function refusalOf({ operation, code = "", status }: RegistryError): Refusal {
  if (operation === "get-credentials" || operation === "get-token") return "login-refused";
  const word = code.toLowerCase().replaceAll("_", "-");
  if (word === "unauthorized") return "denied";
  if (word === "manifest-blob-unknown") return "blob-unknown";
  const known = REFUSALS.find((refusal) => refusal === word);
  return known ?? (status === 401 || status === 403 ? "denied" : "refused");
}
