import { createMiddleware } from "hono/factory";
import { createLruCache } from "../../async/lru.ts";
import type { ApiEnvironment } from "../protocol/api-environment.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import { ApiError } from "../protocol/problem.ts";

/** Requests of one caller: so many at once, and then so many a second, in each process. */
const BURST = 100;
const PER_SECOND = 50;
/** Callers whose requests are counted; those whose last request is the oldest are forgotten. */
const CALLERS = 1_000;

interface Bucket {
  tokens: number;
  /** Epoch milliseconds. */
  filledAt: number;
}

/** Answers 429 to a caller with too many requests, and says when the next one is welcome (RFC 9110, 10.2.3). */
export function rateLimited({ now }: Pick<ApiPorts, "now">) {
  const bucketOf = createLruCache<Bucket>(CALLERS, () => ({ tokens: BURST, filledAt: now() }));
  return createMiddleware<ApiEnvironment>(async (context, next) => {
    const bucket = bucketOf(context.var.caller.name);
    const at = now();
    const filled = Math.min(BURST, bucket.tokens + (Math.max(at - bucket.filledAt, 0) / 1_000) * PER_SECOND);
    bucket.tokens = Math.max(filled - 1, 0);
    bucket.filledAt = at;
    if (filled < 1)
      throw new ApiError(429, `one caller may send ${PER_SECOND} requests a second; wait a second`, {
        headers: { "retry-after": "1" },
      });
    await next();
  });
}
