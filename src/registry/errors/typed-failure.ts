import { RateExceededError } from "../../oci/errors/rate-exceeded-error.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { FailureCategory, RegistryFailure } from "../../oci/errors/registry-error.ts";
import type { RedactSecrets } from "../redaction/secret-redactor.ts";
import { readBodyPrefix } from "../http/read-body.ts";
import type { RegistryResponse } from "../http/response.ts";
import { classifyAnswer, classifyNetwork } from "./classify.ts";
import { ERROR_BODY_MAX_BYTES, readErrorBody } from "./error-body.ts";
import { HostRefusedError } from "../hosts/host-guard.ts";
import { quotaWindowMs } from "./quota-window.ts";
import { retryAfterMs } from "./retry-after.ts";
import { redact } from "../redaction/redact.ts";

/** What every failure of one request has in common. */
export type FailureContext = Pick<RegistryFailure, "side" | "operation" | "subject">;

/**
 * The error for an answer that was none of those asked for. Reads its body, up to a limit. Words that broke off may have said
 * what the status does not (that a login has expired, that a blob is missing): such an answer is asked for again.
 */
export async function refusal(
  context: FailureContext,
  response: RegistryResponse,
  now: number,
): Promise<RegistryError> {
  const { bytes, isTruncated } = await readBodyPrefix(response, ERROR_BODY_MAX_BYTES);
  const { code, message } = readErrorBody(bytes, response.redactSecrets);
  const isGuess = isTruncated && code === undefined && classifyAnswer(response.status, code) === "permanent";
  return answerError(context, response, {
    code,
    now,
    ...(isGuess ? { category: "transient" } : {}),
    problem: [`HTTP ${response.status}`, code, message].filter(Boolean).join(" "),
  });
}

/** The error for an answer whose headers or body break the protocol. */
export function answerError(
  context: FailureContext,
  response: RegistryResponse,
  {
    problem,
    code,
    now,
    category,
  }: { problem: string; code?: string | undefined; now: number; category?: FailureCategory },
): RegistryError {
  return new RegistryError(
    {
      ...context,
      category: category ?? classifyAnswer(response.status, code),
      status: response.status,
      code,
      retryAfterMs:
        retryAfterMs(response.header("retry-after"), response.header("date"), now) ??
        quotaWindowMs(response.status, problem, now),
    },
    response.redactSecrets(problem),
  );
}

/**
 * Any failure as a typed one. An abort stays what it is, the caller's reason, and so does a request that was never sent:
 * both are no failure of the registry.
 */
export function typedFailure(
  context: FailureContext,
  error: unknown,
  signal: AbortSignal,
  redactSecrets: RedactSecrets = unchanged,
): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof RegistryError || error instanceof RateExceededError) return error;
  const isHostRefused = error instanceof HostRefusedError;
  const category = isHostRefused ? "permanent" : classifyNetwork(error);
  const problem = redactSecrets(isHostRefused ? redact(error.message) : describe(error));
  return new RegistryError({ ...context, category }, problem, { cause: withoutServerText(error, redactSecrets) });
}

/** The cause without what the server sent: undici keeps an answer it cannot parse with its error, links and all. */
function withoutServerText(error: unknown, redactSecrets: RedactSecrets): unknown {
  const isQuoting = error instanceof Error && ("data" in error || redactSecrets(error.message) !== error.message);
  return isQuoting ? new Error(redactSecrets(describe(error))) : error;
}

/** undici's errors in words: code and message, and those of the attempts inside an AggregateError. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(describe).join("; ");
  if (!(error instanceof Error)) return "failed";
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return redact(`${code} ${error.message}`).slice(0, 300);
}

function unchanged(text: string): string {
  return text;
}
