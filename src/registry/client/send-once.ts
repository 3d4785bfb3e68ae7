import type { Clock } from "../../async/clock.ts";
import { StallError } from "../../oci/errors/stall-error.ts";
import type { Connections } from "../http/connections.ts";
import type { Exchange, HttpResponse } from "../http/http-message.ts";
import { toRegistryResponse } from "../http/response.ts";
import type { RegistryResponse } from "../http/response.ts";
import type { WatchdogOptions } from "../http/stall-watchdog.ts";
import { commitTimeoutMs } from "../http/transfer-timeouts.ts";
import type { TransferTimeouts } from "../http/transfer-timeouts.ts";
import type { SecretRedactor } from "../redaction/secret-redactor.ts";
import type { Attempt } from "../resilience/hedge.ts";
import { isReplayable } from "./registry-request.ts";
import type { RequestHop } from "./registry-request.ts";
import { USER_AGENT } from "./user-agent.ts";

export interface SendOnceContext {
  readonly connections: Connections;
  readonly watchdog: WatchdogOptions;
  readonly secretRedactor: SecretRedactor;
}

/**
 * Sends one request over one hop: no redirect, no retry, no credentials except the given header. It fails with a {@link StallError} when the
 * head of the response takes too long. A streamed body has no such limit: its sender watches it.
 */
export function sendOnce(
  { connections, watchdog, secretRedactor }: SendOnceContext,
  request: RequestHop,
  authorization: string | undefined,
  signal: AbortSignal,
): Attempt<RegistryResponse> {
  const { clock } = watchdog;
  const { method, url, body } = request;
  secretRedactor.rememberSignedUrl(url);
  if (authorization !== undefined) secretRedactor.rememberHeader(authorization);
  const headers: Record<string, string> = { "user-agent": USER_AGENT, ...request.headers };
  if (authorization !== undefined) headers["authorization"] = authorization;
  const sentAt = clock.now();
  const exchange = connections.send({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method,
    headers,
    body,
    signal,
  });
  const toResponse = (response: HttpResponse): RegistryResponse => {
    request.onResponse?.(clock.now() - sentAt);
    return toRegistryResponse(response, { url, watchdog, redactSecrets: secretRedactor.redactSecrets });
  };
  const head = isReplayable(request)
    ? inTime(exchange, clock, headTimeoutMs(request, watchdog.timeouts))
    : exchange.response;
  return { outcome: head.then(toResponse), abort: (reason) => exchange.abort(reason) };
}

/** The head of a response. Ends the exchange when it takes too long. */
async function inTime(exchange: Exchange, clock: Clock, limitMs: number): Promise<HttpResponse> {
  const stall = (): void => exchange.abort(new StallError(`no answer for ${limitMs / 1_000} s`));
  const cancel = clock.after(limitMs, stall);
  try {
    return await exchange.response;
  } finally {
    cancel();
  }
}

function headTimeoutMs({ body, commitBytes }: RequestHop, timeouts: TransferTimeouts): number {
  if (body === undefined) return timeouts.headMs;
  return commitBytes === undefined ? timeouts.answerMs : commitTimeoutMs(timeouts, commitBytes);
}
