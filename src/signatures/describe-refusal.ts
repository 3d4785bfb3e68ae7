import { VerificationError } from "@sigstore/verify";

const WORDS: Readonly<Record<VerificationError["code"], string>> = {
  CERTIFICATE_ERROR: "its certificate is of no authority or log that is trusted, or was not valid when it signed",
  TIMESTAMP_ERROR: "nothing that is trusted proves when it was made",
  TLOG_ERROR: "no transparency log has it",
  TLOG_BODY_ERROR: "the entry of the transparency log is about another signature",
  TLOG_INCLUSION_PROOF_ERROR: "the transparency log does not prove that it has it",
  TLOG_INCLUSION_PROMISE_ERROR: "the transparency log is another one, or its entry was changed",
  TLOG_MISSING_INCLUSION_ERROR: "the transparency log does not prove that it has it",
  SIGNATURE_ERROR: "it does not match what it signs",
  PUBLIC_KEY_ERROR: "it is by a key, without a certificate",
  NOT_IMPLEMENTED_ERROR: "it is in a form that is not known",
};

/** Why a signature is not verified, in words. */
export function describeRefusal(error: unknown): string {
  return error instanceof VerificationError ? WORDS[error.code] : "its proofs are malformed";
}

/** What a library says, with its causes: the signer may have chosen parts of it. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return "no reason";
  const { message, cause } = error;
  const text = message.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 160);
  return cause instanceof Error ? `${text}: ${textOf(cause)}` : text;
}
