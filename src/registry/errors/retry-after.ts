/** Longest wait that a registry can impose, in milliseconds: the longest delay of an SQS message. */
export const RETRY_AFTER_MAX_MS = 900_000;

/**
 * The wait that a Retry-After header asks for, in milliseconds (RFC 9110, 10.2.3). A date is compared with the Date header of the
 * response, if it has one, rather than with our clock. Undefined when the header is missing or invalid.
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
