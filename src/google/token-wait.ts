import { RegistryError } from "../oci/errors/registry-error.ts";
import type { RedactSecrets } from "../registry/redaction/secret-redactor.ts";
import { redact } from "../registry/redaction/redact.ts";
import { unlessAborted } from "../async/abort.ts";

/** How long a token may take, in milliseconds: Google's library waits for ever. */
export const TOKEN_TIMEOUT_MS = 20_000;

/** Waits for something that knows no signal; it goes on without us. */
export async function within<T>(work: Promise<T>, signal: AbortSignal, timeoutMs: number): Promise<T> {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(new Error(`no token within ${timeoutMs / 1_000} s`)), timeoutMs);
  work.catch(() => undefined);
  try {
    return await unlessAborted(work, AbortSignal.any([signal, waiting.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * There is no token: for good when Google refused to give one (4xx), for now when it was busy or away. The library's own
 * errors hold the request, signed claim and all: of them only the message is kept, scrubbed.
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
