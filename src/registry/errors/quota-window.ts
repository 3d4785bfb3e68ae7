const MINUTE_MS = 60_000;

/**
 * How long a used-up quota lasts when the answer names no time, in milliseconds: Google counts Artifact Registry's requests by the
 * minute ("Quotas and limits"), says so in its message, and sends no Retry-After. Undefined for any other answer.
 */
export function quotaWindowMs(status: number, message: string, now: number): number | undefined {
  if (status !== 429 || !/quota exceeded.*per minute/is.test(message)) return undefined;
  return MINUTE_MS - (now % MINUTE_MS);
}
