import type { RegistryOperation } from "../../oci/errors/registry-error.ts";
import type { SecretRedactor } from "../redaction/secret-redactor.ts";
import { discard } from "../http/response.ts";
import type { RegistryResponse } from "../http/response.ts";
import { originOf } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import { sendOnce } from "./send-once.ts";
import type { RegistryRequest } from "./registry-request.ts";
import { hedged } from "../resilience/hedge.ts";
import { systemClock } from "../../async/system-clock.ts";
import type { SharedLimits } from "../resilience/shared-limits.ts";
import { DEFAULT_TIMEOUTS } from "../http/transfer-timeouts.ts";

/**
 * Sends one request to one host, in the only order there is: our own turn first, then the request, which is measured and
 * may be hedged. So waiting for ourselves is no slowness of the registry, and sends nothing twice. Whatever repeats a
 * request (another token, a retry) does so above, and takes another turn.
 * @throws {RateExceededError} when the turn would come too late: nothing was sent.
 */
export type RateLimitedSender = (
  request: Omit<RegistryRequest, "accept" | "scope">,
  authorization: string | undefined,
  signal: AbortSignal,
) => Promise<RegistryResponse>;

/** What may be sent twice to be answered once: it reads, it is small, and a copy waits for it. */
const HEDGED = new Set<RegistryOperation>(["resolve", "head-blob", "fetch-manifest", "open-blob"]);

export function createRateLimitedSender(
  endpoint: Endpoint,
  limits: SharedLimits,
  secretRedactor: SecretRedactor,
): RateLimitedSender {
  const { origin } = originOf(endpoint);
  const { connections, clock = systemClock, timeouts = DEFAULT_TIMEOUTS } = endpoint;
  const line = { connections, watchdog: { clock, timeouts }, secretRedactor };
  const { rate, latency, hedges } = limits;
  return async (request, authorization, signal) => {
    // The rate is the registry's: object stores and other hosts' token servers do not count against it.
    const isHome = request.url.origin === origin;
    if (isHome) await rate.turn(signal);
    // While we waited, what allowed the request may have ended.
    signal.throwIfAborted();
    const send = (either: AbortSignal): Promise<RegistryResponse> => sendOnce(line, request, authorization, either);
    if (!HEDGED.has(request.operation)) return send(signal);
    hedges.earn();
    const started = clock.now();
    // A hedge at the registry is a request like any other: it takes a turn that is free now, or is not sent.
    const mayHedge = (): boolean => hedges.spend() && (!isHome || rate.tryTurn?.() === true);
    const response = await hedged(send, { mayHedge, clock, afterMs: latency.lateAfterMs(), discard }, signal);
    latency.observe(clock.now() - started);
    return response;
  };
}
