import { RateExceededError } from "../../oci/errors/rate-exceeded-error.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { FailureCategory, RegistryFailure } from "../../oci/errors/registry-error.ts";
import type { RedactSecrets } from "../redaction/secret-redactor.ts";
import { readBodyPrefix } from "../http/read-body.ts";
import type { RegistryResponse } from "../http/response.ts";
import { classifyResponse, classifyNetwork } from "./classify.ts";
import { ERROR_BODY_MAX_BYTES, readErrorBody } from "./error-body.ts";
import { HostRefusedError } from "../hosts/host-guard.ts";
import { quotaWindowMs } from "./quota-window.ts";
import { retryAfterMs } from "./retry-after.ts";
import { redact } from "../redaction/redact.ts";

/** The fields that all failures of one request share. */
export type FailureContext = Pick<RegistryFailure, "side" | "operation" | "subject">;

/**
 * The error for a response with an unexpected status. Reads its body, up to a limit. A body that broke off may have given the reason
 * (an expired login, a missing blob), so a permanent failure without a code is retried then.
 */
export async function readResponseError(
  context: FailureContext,
  response: RegistryResponse,
  now: number,
): Promise<RegistryError> {
  const { bytes, isTruncated } = await readBodyPrefix(response, ERROR_BODY_MAX_BYTES);
  const { code, message } = readErrorBody(bytes, response.redactSecrets);
  const isReasonLost = isTruncated && code === undefined && classifyResponse(response.status, code) === "permanent";
  return responseError(context, response, {
    code,
    now,
    ...(isReasonLost ? { category: "transient" } : {}),
    problem: [`HTTP ${response.status}`, code, message].filter(Boolean).join(" "),
  });
}

/** The error for a response, with its status, and how long the registry asks to wait. */
export function responseError(
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
      category: category ?? classifyResponse(response.status, code),
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
 * Makes any failure a {@link RegistryError}, except two that are not the registry's: an abort returns its reason, and a
 * {@link RateExceededError}, of a request that was never sent, is returned as it is.
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

/** The cause without text of the server: undici attaches a response that it cannot parse to its error, signed URLs included. */
function withoutServerText(error: unknown, redactSecrets: RedactSecrets): unknown {
  const isQuoting = error instanceof Error && ("data" in error || redactSecrets(error.message) !== error.message);
  return isQuoting ? new Error(redactSecrets(describe(error))) : error;
}

/** Code and message of an error of undici, or of all attempts inside an AggregateError. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(describe).join("; ");
  if (!(error instanceof Error)) return "failed";
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return redact(`${code} ${error.message}`).slice(0, 300);
}

function unchanged(text: string): string {
  return text;
}
