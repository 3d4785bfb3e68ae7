import type { HttpRequest } from "../../../src/registry/http/http-message.ts";
import type { Service } from "../world/world.ts";

/** A request that has arrived completely. */
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

/** A server at one host. */
export interface Site {
  /** The service that it belongs to: it shares its outages. */
  readonly service: Service;
  /** Carries out a request, and answers it. */
  answer(request: Arrived): Reply;
}

/** Behaviour that a test gives to sites, instead of their own. */
export interface Script {
  /** Replaces an answer; undefined for the site's own answer. */
  readonly reply?: (service: Service, request: Arrived) => Reply | undefined;
  /** Additional time before an answer, in milliseconds. */
  readonly tookMs?: (service: Service, request: HttpRequest) => number;
  /** The rate at which it reads a request body, in bytes per millisecond. */
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
