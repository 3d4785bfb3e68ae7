import type { RegistryError, Side } from "../../oci/errors/registry-error.ts";

/**
 * What a registry refuses, in a word that tells people where to look: codes of the distribution-spec ("Error Codes"), the
 * clouds' own, and `refused` for every other answer. The registry's words are in the error beside it.
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
  /** The message names another destination than its queue is for. */
  "wrong-queue",
  "unknown-destination",
  "malformed-image",
  "source-incomplete",
  "too-large",
  /** The target took all bytes of a blob again and again, and did not keep them. */
  "target-upload-not-kept",
  "attempts-exhausted",
  /** The function failed again and again in a way that was not foreseen. */
  "crashed",
  ...refusalsOf("source"),
  ...refusalsOf("target"),
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** The reason of a registry's permanent refusal. */
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
