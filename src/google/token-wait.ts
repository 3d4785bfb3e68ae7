import { RegistryError } from "../oci/errors/registry-error.ts";
import type { RedactSecrets } from "../registry/redaction/secret-redactor.ts";
import { redact } from "../registry/redaction/redact.ts";
import { unlessAborted } from "../async/abort.ts";
import { linkAbort } from "../async/linked-abort.ts";

/** Timeout of a token request, in milliseconds: Google's library has none. */
export const TOKEN_TIMEOUT_MS = 20_000;

/** Waits for work that takes no signal. After an abort or a timeout, the work continues in the background. */
export async function within<T>(work: Promise<T>, signal: AbortSignal, timeoutMs: number): Promise<T> {
  using waiting = linkAbort(signal);
  const timer = setTimeout(() => waiting.abort(new Error(`no token within ${timeoutMs / 1_000} s`)), timeoutMs);
  work.catch(() => undefined);
  try {
    return await unlessAborted(work, waiting.signal);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The error for a missing token: permanent when Google refused it (4xx except 429), deferred otherwise. The library's own errors contain
 * the request with its signed claim; only their redacted message is kept.
 */
export function noToken(
  cause: unknown,
  what: { readonly problem: string; readonly check: string },
  cut: RedactSecrets = (text) => text,
): RegistryError {
  const status =
    cause instanceof Error && "status" in cause && typeof cause.status === "number" ? cause.status : undefined;
  const isRefusal = status !== undefined && status >= 400 && status < 500 && status !== 429;
  const detail = cause instanceof Error ? redact(cut(cause.message)).slice(0, 300) : "no token in the answer";
  return new RegistryError(
    {
      side: "target",
      operation: "get-credentials",
      subject: "Google",
      category: isRefusal ? "permanent" : "deferred",
      status,
    },
    `${what.problem}: ${detail}; ${what.check}`,
    { cause: cause instanceof Error ? new Error(detail) : undefined },
  );
}
