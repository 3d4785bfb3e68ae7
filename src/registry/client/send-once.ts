import type { RegistryOperation } from "../../oci/errors/registry-error.ts";
import { toAnswer } from "../http/response.ts";
import type { Answer } from "../http/response.ts";
import type { Scope } from "../auth/scope.ts";
import type { Secrets } from "../redaction/secrets.ts";
import type { Connections } from "../http/connections.ts";
import type { HttpAnswer, HttpRequest } from "../http/http.ts";
import { USER_AGENT } from "./user-agent.ts";
import { commitWithin, headWithin } from "../http/stall-watchdog.ts";
import type { Watch } from "../http/stall-watchdog.ts";

export interface RegistryRequest {
  readonly operation: RegistryOperation;
  /** What it is about, for messages: a reference or a digest, never a URL. */
  readonly subject: string;
  readonly method: HttpRequest["method"];
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  /** Bytes of the blob that the request commits: the registry may take the longer. */
  readonly commitBytes?: number;
  /** Told how long the answer took, in milliseconds, from when the request was sent: without the wait for our own turn. */
  readonly onAnswered?: (tookMs: number) => void;
  /** Statuses that are an answer; any other one is thrown. */
  readonly accept: readonly number[];
  readonly scope: Scope;
}

/** What it takes to send. */
export interface Line {
  readonly connections: Connections;
  readonly watch: Watch;
  readonly secrets: Secrets;
}

/** One request, one answer, one hop: no redirect, no retry, no credentials but the header given. */
export async function exchange(
  { connections, watch, secrets }: Line,
  request: Omit<RegistryRequest, "accept" | "scope">,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const { method, url, headers, body, commitBytes } = request;
  secrets.noteLink(url);
  if (authorization !== undefined) secrets.noteHeader(authorization);
  const send = (either: AbortSignal): Promise<HttpAnswer> =>
    connections.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: { "user-agent": USER_AGENT, ...headers, ...(authorization === undefined ? {} : { authorization }) },
      body,
      signal: either,
    });
  const { answerMs, headMs } = watch.patience;
  // A stream takes as long as it takes: who sends it watches it.
  const isStream = !isInMemory(body);
  const upMs = commitBytes === undefined ? answerMs : commitWithin(watch.patience, commitBytes);
  const limitMs = body === undefined ? headMs : upMs;
  const sentAt = watch.clock.now();
  const answer = await (isStream ? send(signal) : headWithin(send, watch.clock, limitMs, signal));
  request.onAnswered?.(watch.clock.now() - sentAt);
  return toAnswer(answer, { url, watch, cut: secrets.cut });
}

/** True when the request can be sent a second time: its body, if any, is in memory. */
export function isReplayable(request: RegistryRequest): boolean {
  return isInMemory(request.body);
}

function isInMemory(body: RegistryRequest["body"]): boolean {
  return body === undefined || body instanceof Uint8Array;
}
