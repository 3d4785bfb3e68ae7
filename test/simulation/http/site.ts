import type { HttpRequest } from "../../../src/registry/http/http.ts";
import type { Service } from "../world.ts";

/** A request that has arrived whole. */
export interface Arrived {
  readonly method: HttpRequest["method"];
  readonly url: URL;
  readonly headers: HttpRequest["headers"];
  readonly body: Uint8Array;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** What answers at one host. */
export interface Site {
  /** Whose outage is its outage. */
  readonly service: Service;
  /** What a request does there, and is told. */
  answer(request: Arrived): Reply;
}

/** What a test makes sites do, where that is not what they would do. */
export interface Script {
  /** Said instead of an answer; undefined for what the site itself says. */
  readonly reply?: (service: Service, request: Arrived) => Reply | undefined;
  /** Time an answer takes beside the usual, in milliseconds. */
  readonly tookMs?: (service: Service, request: HttpRequest) => number;
  /** Bytes per millisecond in which it takes a request's body. */
  readonly bytesPerMs?: (service: Service) => number;
}

/** An error answer (distribution-spec, "Error Codes"). */
export function refusal(
  status: number,
  code: string,
  headers: Reply["headers"] = {},
  message: string = code.toLowerCase(),
): Reply {
  return { status, headers, body: Buffer.from(JSON.stringify({ errors: [{ code, message }] })) };
}

export function json(document: object, headers: Reply["headers"] = {}): Reply {
  return { status: 200, headers, body: Buffer.from(JSON.stringify(document)) };
}
