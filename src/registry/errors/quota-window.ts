const MINUTE_MS = 60_000;

/**
 * How long an exhausted quota lasts, in milliseconds, when the response has no Retry-After: Google counts requests to Artifact
 * Registry per minute ("Quotas and limits"), and only its message says so. Undefined for any other response.
 */
export function quotaWindowMs(status: number, message: string, now: number): number | undefined {
  if (status !== 429 || !/quota exceeded.*per minute/is.test(message)) return undefined;
  return MINUTE_MS - (now % MINUTE_MS);
}
