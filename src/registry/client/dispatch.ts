import type { RegistryOperation } from "../../oci/errors/registry-error.ts";
import type { Secrets } from "../redaction/secrets.ts";
import { discard } from "../http/response.ts";
import type { Answer } from "../http/response.ts";
import { originOf } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import { exchange } from "./send-once.ts";
import type { RegistryRequest } from "./send-once.ts";
import { hedged } from "../resilience/hedge.ts";
import { systemClock } from "../../async/system-clock.ts";
import type { Traffic } from "../resilience/shared-limits.ts";
import { PATIENCE } from "../http/stall-watchdog.ts";

/**
 * Sends one request to one host, in the only order there is: our own turn first, then the request, which is measured and
 * may be hedged. So waiting for ourselves is no slowness of the registry, and sends nothing twice. Whatever repeats a
 * request (another token, a retry) does so above, and takes another turn.
 * @throws {RateExceededError} when the turn would come too late: nothing was sent.
 */
export type Dispatch = (
  request: Omit<RegistryRequest, "accept" | "scope">,
  authorization: string | undefined,
  signal: AbortSignal,
) => Promise<Answer>;

/** What may be sent twice to be answered once: it reads, it is small, and a copy waits for it. */
const HEDGED = new Set<RegistryOperation>(["resolve", "head-blob", "fetch-manifest", "open-blob"]);

export function createDispatch(endpoint: Endpoint, traffic: Traffic, secrets: Secrets): Dispatch {
  const { origin } = originOf(endpoint);
  const { connections, clock = systemClock, patience = PATIENCE } = endpoint;
  const line = { connections, watch: { clock, patience }, secrets };
  const { rate, latency, hedges } = traffic;
  return async (request, authorization, signal) => {
    // The rate is the registry's: object stores and other hosts' token servers do not count against it.
    const isHome = request.url.origin === origin;
    if (isHome) await rate.turn(signal);
    // While we waited, what allowed the request may have ended.
    signal.throwIfAborted();
    const send = (either: AbortSignal): Promise<Answer> => exchange(line, request, authorization, either);
    if (!HEDGED.has(request.operation)) return send(signal);
    hedges.earn();
    const started = clock.now();
    // A hedge at the registry is a request like any other: it takes a turn that is free now, or is not sent.
    const mayHedge = (): boolean => hedges.spend() && (!isHome || rate.tryTurn?.() === true);
    const answer = await hedged(send, { mayHedge, clock, afterMs: latency.late(), discard }, signal);
    latency.observe(clock.now() - started);
    return answer;
  };
}
