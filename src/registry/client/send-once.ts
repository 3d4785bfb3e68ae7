import { withTimeLimit } from "../../async/time-limit.ts";
import { StallError } from "../../oci/errors/stall-error.ts";
import type { Connections } from "../http/connections.ts";
import type { HttpResponse } from "../http/http-message.ts";
import { toRegistryResponse } from "../http/response.ts";
import type { RegistryResponse } from "../http/response.ts";
import type { WatchdogOptions } from "../http/stall-watchdog.ts";
import { commitTimeoutMs } from "../http/transfer-timeouts.ts";
import type { SecretRedactor } from "../redaction/secret-redactor.ts";
import { isReplayable } from "./registry-request.ts";
import type { RequestHop } from "./registry-request.ts";
import { USER_AGENT } from "./user-agent.ts";

export interface SendOnceContext {
  readonly connections: Connections;
  readonly watchdog: WatchdogOptions;
  readonly secretRedactor: SecretRedactor;
}

/**
 * Sends one request over one hop: no redirect, no retry, no credentials except the given header.
 * @throws {StallError} when the head of the response takes too long. A streamed body has no such limit: its sender watches it.
 */
export async function sendOnce(
  { connections, watchdog, secretRedactor }: SendOnceContext,
  request: RequestHop,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<RegistryResponse> {
  const { method, url, headers, body } = request;
  secretRedactor.rememberSignedUrl(url);
  if (authorization !== undefined) secretRedactor.rememberHeader(authorization);
  const send = (hopSignal: AbortSignal): Promise<HttpResponse> =>
    connections.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: { "user-agent": USER_AGENT, ...headers, ...(authorization === undefined ? {} : { authorization }) },
      body,
      signal: hopSignal,
    });
  const limitMs = headTimeoutMs(request, watchdog);
  const limit = { ms: limitMs, error: () => new StallError(`no answer for ${limitMs / 1_000} s`) };
  const sentAt = watchdog.clock.now();
  const response = await (isReplayable(request) ? withTimeLimit(watchdog.clock, limit, send, signal) : send(signal));
  request.onResponse?.(watchdog.clock.now() - sentAt);
  return toRegistryResponse(response, { url, watchdog, redactSecrets: secretRedactor.redactSecrets });
}

function headTimeoutMs({ body, commitBytes }: RequestHop, { timeouts }: WatchdogOptions): number {
  if (body === undefined) return timeouts.headMs;
  return commitBytes === undefined ? timeouts.answerMs : commitTimeoutMs(timeouts, commitBytes);
}
