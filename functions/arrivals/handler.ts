import * as z from "zod";
import { concurrently } from "../../src/async/run-concurrently.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { parseJson } from "../../src/oci/json/bounded-json.ts";
import { FormatError } from "../../src/oci/errors/format-error.ts";
import { forwardedOf } from "../../src/replication/arrivals/forwarded.ts";
import type { Forwarded } from "../../src/replication/arrivals/forwarded.ts";
import type { ReadEvent } from "../../src/replication/planning/push-event.ts";

/** A request to a function URL (AWS Lambda developer guide, "Function URL request payload"). */
const UrlRequest = z.object({
  headers: z.record(z.string(), z.string()).default({}),
  queryStringParameters: z.record(z.string(), z.string()).default({}),
  requestContext: z.object({ requestId: z.string(), http: z.object({ method: z.string() }) }),
  body: z.string().default(""),
  isBase64Encoded: z.boolean().default(false),
});

export interface ArrivalRequest {
  readonly id: string;
  readonly body: Uint8Array;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly token: string | undefined;
}

export interface ArrivalsDependencies {
  /** Whether the sender proved who it is. @throws when that cannot be found out now. */
  readonly isAuthentic: (request: ArrivalRequest, signal: AbortSignal) => Promise<boolean>;
  /** What a notification says. @param body its parsed body. */
  readonly read: (body: unknown, request: ArrivalRequest) => readonly ReadEvent[];
  /** Invokes the fan-out function. @throws when the event was not accepted: then the sender sends the notification again. */
  readonly forward: (event: Forwarded, signal: AbortSignal) => Promise<void>;
  readonly observer: Observer;
}

/** The response of a function URL. */
export interface UrlResponse {
  readonly statusCode: number;
}

/** The largest body: a notification has a few kilobytes. */
const MOST_BYTES = 1_000_000;
const CONCURRENT = 10;

/**
 * A notification of another registry -> one invocation of the fan-out function per push, which answers for the rest. Says nothing about
 * why a request is refused. An unreadable notification of an authentic sender is accepted and ends with a receipt: it would be unreadable
 * again if it were sent again.
 */
export function createHandler({ isAuthentic, read, forward, observer }: ArrivalsDependencies) {
  return async (event: unknown, signal: AbortSignal): Promise<UrlResponse> => {
    const { requestContext, headers, queryStringParameters, body, isBase64Encoded } = UrlRequest.parse(event);
    const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
    if (requestContext.http.method !== "POST") return { statusCode: 405 };
    if (bytes.byteLength > MOST_BYTES) return { statusCode: 413 };
    const id = requestContext.requestId;
    const request: ArrivalRequest = { id, body: bytes, headers, token: queryStringParameters["token"] };
    if (!(await isAuthentic(request, signal))) {
      observer.warn("Notification refused: its sender did not prove who it is", { correlationId: id });
      return { statusCode: 401 };
    }
    const events = readBody(request, read);
    for (const each of events) {
      if (each.kind !== "ignored") continue;
      observer.info("Notification asks for no copy", { correlationId: each.id, reason: each.reason });
      observer.count(Metric.ignored, 1);
    }
    const forwarded = events.map((each) => forwardedOf(each, id)).filter((each) => each !== undefined);
    await concurrently(forwarded, CONCURRENT, forward, signal);
    return { statusCode: 204 };
  };
}

function readBody(request: ArrivalRequest, read: ArrivalsDependencies["read"]): readonly ReadEvent[] {
  let body: unknown;
  try {
    body = parseJson(request.body, "body");
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return [{ kind: "malformed", id: request.id, problem: "body: is not JSON" }];
  }
  return read(body, request);
}
