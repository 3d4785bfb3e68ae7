import type { LinkedAbort } from "../../async/linked-abort.ts";
import { StallError } from "../../oci/errors/stall-error.ts";
import type { Connections } from "../http/connections.ts";
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
 * @param abort aborted with a {@link StallError} when the head of the response takes too long. A streamed body has no such limit: its sender
 * watches it.
 */
export async function sendOnce(
  { connections, watchdog, secretRedactor }: SendOnceContext,
  request: RequestHop,
  authorization: string | undefined,
  abort: LinkedAbort,
): Promise<RegistryResponse> {
  const { clock } = watchdog;
  const { method, url, body } = request;
  secretRedactor.rememberSignedUrl(url);
  if (authorization !== undefined) secretRedactor.rememberHeader(authorization);
  const headers: Record<string, string> = { "user-agent": USER_AGENT, ...request.headers };
  if (authorization !== undefined) headers["authorization"] = authorization;
  const limitMs = headTimeoutMs(request, watchdog);
  const stall = (): void => abort.abort(new StallError(`no answer for ${limitMs / 1_000} s`));
  const cancelLimit = isReplayable(request) ? clock.after(limitMs, stall) : undefined;
  const sentAt = clock.now();
  try {
    const path = `${url.pathname}${url.search}`;
    const response = await connections.request({
      origin: url.origin,
      path,
      method,
      headers,
      body,
      signal: abort.signal,
    });
    request.onResponse?.(clock.now() - sentAt);
    return toRegistryResponse(response, { url, watchdog, redactSecrets: secretRedactor.redactSecrets });
  } finally {
    cancelLimit?.();
  }
}

function headTimeoutMs({ body, commitBytes }: RequestHop, { timeouts }: WatchdogOptions): number {
  if (body === undefined) return timeouts.headMs;
  return commitBytes === undefined ? timeouts.answerMs : commitTimeoutMs(timeouts, commitBytes);
}
