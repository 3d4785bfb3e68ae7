import { RateExceededError } from "../../oci/errors/rate-exceeded-error.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { FailureCategory, RegistryFailure } from "../../oci/errors/registry-error.ts";
import type { Cut } from "../redaction/secrets.ts";
import { readUpTo } from "../http/response.ts";
import type { Answer } from "../http/response.ts";
import { classifyAnswer, classifyNetwork } from "./classify.ts";
import { ERROR_BODY_MAX_BYTES, readErrorBody } from "./error-body.ts";
import { HostRefusedError } from "../hosts/host-guard.ts";
import { quotaWindowMs } from "./quota-window.ts";
import { retryAfterMs } from "./retry-after.ts";
import { scrub } from "../redaction/redact.ts";

/** What every failure of one request has in common. */
export type Occasion = Pick<RegistryFailure, "side" | "operation" | "subject">;

/**
 * The error for an answer that was none of those asked for. Reads its body, up to a limit. Words that broke off may have said
 * what the status does not (that a login has expired, that a blob is missing): such an answer is asked for again.
 */
export async function refusal(occasion: Occasion, answer: Answer, now: number): Promise<RegistryError> {
  const { bytes, isCut } = await readUpTo(answer, ERROR_BODY_MAX_BYTES);
  const { code, message } = readErrorBody(bytes, answer.cut);
  const isGuess = isCut && code === undefined && classifyAnswer(answer.status, code) === "permanent";
  return answerError(occasion, answer, {
    code,
    now,
    ...(isGuess ? { category: "transient" } : {}),
    problem: [`HTTP ${answer.status}`, code, message].filter(Boolean).join(" "),
  });
}

/** The error for an answer whose headers or body break the protocol. */
export function answerError(
  occasion: Occasion,
  answer: Answer,
  {
    problem,
    code,
    now,
    category,
  }: { problem: string; code?: string | undefined; now: number; category?: FailureCategory },
): RegistryError {
  return new RegistryError(
    {
      ...occasion,
      category: category ?? classifyAnswer(answer.status, code),
      status: answer.status,
      code,
      retryAfterMs:
        retryAfterMs(answer.header("retry-after"), answer.header("date"), now) ??
        quotaWindowMs(answer.status, problem, now),
    },
    answer.cut(problem),
  );
}

/**
 * Any failure as a typed one. An abort stays what it is, the caller's reason, and so does a request that was never sent:
 * both are no failure of the registry.
 */
export function typedFailure(occasion: Occasion, error: unknown, signal: AbortSignal, cut: Cut = unchanged): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof RegistryError || error instanceof RateExceededError) return error;
  const isHostRefused = error instanceof HostRefusedError;
  const category = isHostRefused ? "permanent" : classifyNetwork(error);
  const problem = cut(isHostRefused ? scrub(error.message) : describe(error));
  return new RegistryError({ ...occasion, category }, problem, { cause: withoutBytes(error, cut) });
}

/** The cause without what the server sent: undici keeps an answer it cannot parse with its error, links and all. */
function withoutBytes(error: unknown, cut: Cut): unknown {
  const isQuoting = error instanceof Error && ("data" in error || cut(error.message) !== error.message);
  return isQuoting ? new Error(cut(describe(error))) : error;
}

/** undici's errors in words: code and message, and those of the attempts inside an AggregateError. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(describe).join("; ");
  if (!(error instanceof Error)) return "failed";
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return scrub(`${code} ${error.message}`).slice(0, 300);
}

function unchanged(text: string): string {
  return text;
}
