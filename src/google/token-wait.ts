import { RegistryError } from "../oci/registry-error.ts";

/** How long a token may take, in milliseconds: Google's library waits for ever. */
export const TOKEN_TIMEOUT_MS = 20_000;

/** Waits for something that knows no signal; it goes on without us. */
export async function within<T>(work: Promise<T>, signal: AbortSignal, timeoutMs: number): Promise<T> {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(new Error(`no token within ${timeoutMs / 1_000} s`)), timeoutMs);
  const either = AbortSignal.any([signal, waiting.signal]);
  work.catch(() => undefined);
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => either.addEventListener("abort", () => reject(either.reason), { once: true })),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** There is no token: for good when Google refused to give one (4xx), for now when it was busy or away. */
export function noToken(cause: unknown, what: { readonly problem: string; readonly check: string }): RegistryError {
  const status =
    cause instanceof Error && "status" in cause && typeof cause.status === "number" ? cause.status : undefined;
  const isRefusal = status !== undefined && status >= 400 && status < 500 && status !== 429;
  const detail = cause instanceof Error ? cause.message.slice(0, 300) : "no token in the answer";
  return new RegistryError(
    {
      side: "target",
      operation: "get-credentials",
      subject: "Google",
      category: isRefusal ? "permanent" : "deferred",
      status,
    },
    `${what.problem}: ${detail}; ${what.check}`,
    { cause },
  );
}
