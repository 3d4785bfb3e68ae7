/** Longest wait a registry can make us keep, in milliseconds: SQS delays no message longer. */
export const RETRY_AFTER_MAX_MS = 900_000;

/**
 * How long a Retry-After header asks us to wait, in milliseconds (RFC 9110, 10.2.3). A date is compared with the
 * answer's own Date header, not with our clock. Undefined when absent or senseless.
 */
export function retryAfterMs(
  retryAfter: string | undefined,
  date: string | undefined,
  now: number,
): number | undefined {
  if (retryAfter === undefined) return undefined;
  const text = retryAfter.trim();
  if (!/^(?:\d+|[A-Z][a-z]{2,8},? .* GMT)$/.test(text)) return undefined;
  const wait = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - serverTime(date, now);
  if (!Number.isFinite(wait) || wait < 0) return undefined;
  return Math.min(wait, RETRY_AFTER_MAX_MS);
}

function serverTime(date: string | undefined, now: number): number {
  const parsed = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(parsed) ? now : parsed;
}
