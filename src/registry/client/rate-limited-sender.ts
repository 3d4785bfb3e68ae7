import type { RegistryOperation } from "../../oci/errors/registry-error.ts";
import type { SecretRedactor } from "../redaction/secret-redactor.ts";
import { discard } from "../http/response.ts";
import type { RegistryResponse } from "../http/response.ts";
import { originOf } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import { sendOnce } from "./send-once.ts";
import type { RequestHop } from "./registry-request.ts";
import { hedged } from "../resilience/hedge.ts";
import type { Attempt } from "../resilience/hedge.ts";
import { systemClock } from "../../async/system-clock.ts";
import type { SharedLimits } from "../resilience/shared-limits.ts";
import { DEFAULT_TIMEOUTS } from "../http/transfer-timeouts.ts";

/**
 * Sends one request to one host: first waits for a slot of the rate, then sends the request, measures its latency and may
 * hedge it. So the wait for a slot neither counts as latency nor triggers a hedge. Callers that repeat a request (with another
 * token, in a retry) take another slot.
 * @throws {RateExceededError} when the slot would come too late: nothing was sent.
 */
export type RateLimitedSender = (
  request: RequestHop,
  authorization: string | undefined,
  signal: AbortSignal,
) => Promise<RegistryResponse>;

/** Operations that may be sent twice: they only read, their requests are small, and a copy waits for them. */
const HEDGED = new Set<RegistryOperation>(["resolve", "head-blob", "fetch-manifest", "open-blob"]);

export function createRateLimitedSender(
  endpoint: Endpoint,
  limits: SharedLimits,
  secretRedactor: SecretRedactor,
): RateLimitedSender {
  const { origin } = originOf(endpoint);
  const { connections, clock = systemClock, timeouts = DEFAULT_TIMEOUTS } = endpoint;
  const context = { connections, watchdog: { clock, timeouts }, secretRedactor };
  const { rate, latency, hedges } = limits;
  return async (request, authorization, signal) => {
    // The rate is that of the registry: object stores and token servers on other hosts do not count.
    const isHome = request.url.origin === origin;
    if (isHome) await rate.acquire(signal);
    // The caller may have aborted during the wait.
    signal.throwIfAborted();
    const send = (): Attempt<RegistryResponse> => sendOnce(context, request, authorization, signal);
    if (!HEDGED.has(request.operation)) return send().outcome;
    hedges.earn();
    const started = clock.now();
    // A hedge also needs a slot: it is sent only when one is free now.
    const mayHedge = (): boolean => hedges.spend() && (!isHome || rate.tryAcquire?.() === true);
    const response = await hedged(send, { mayHedge, clock, afterMs: latency.lateAfterMs(), discard });
    latency.observe(clock.now() - started);
    return response;
  };
}
