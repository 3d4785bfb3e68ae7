import * as z from "zod";
import { readJson } from "../../oci/json/bounded-json.ts";
import type { RedactSecrets } from "../redaction/secret-redactor.ts";
import { redact } from "../redaction/redact.ts";

/** Limit of an error body, in bytes; the rest is dropped. */
export const ERROR_BODY_MAX_BYTES: number = 64 * 1024;

/** The error body of the distribution-spec ("Error Codes"). */
const ErrorBody = z.object({
  errors: z.array(z.object({ code: z.string(), message: z.string().optional() })).min(1),
});

/** True for a body that follows the specification. */
export function isErrorBody(bytes: Uint8Array): boolean {
  return ErrorBody.safeParse(readJson(bytes.subarray(0, ERROR_BODY_MAX_BYTES))).success;
}

export interface ErrorDescription {
  readonly code: string | undefined;
  readonly message: string;
}

/**
 * Code and message of an error body. The message is redacted and truncated. A body that does not follow the specification is
 * itself the message.
 */
export function readErrorBody(bytes: Uint8Array, redactSecrets: RedactSecrets = (text) => text): ErrorDescription {
  const body = bytes.subarray(0, ERROR_BODY_MAX_BYTES);
  const first = ErrorBody.safeParse(readJson(body)).data?.errors[0];
  if (first === undefined)
    return { code: undefined, message: redact(redactSecrets(new TextDecoder().decode(body))).slice(0, 200) };
  const code = /^[A-Z0-9_]{1,64}$/.test(first.code) ? first.code : undefined;
  return { code, message: redact(redactSecrets(first.message ?? first.code)).slice(0, 500) };
}
