import type { RegistryOperation } from "../../oci/errors/registry-error.ts";
import type { Scope } from "../auth/scope.ts";
import type { HttpRequest } from "../http/http-message.ts";

/** One request to a registry, and what is expected of its response. */
export interface RegistryRequest {
  readonly operation: RegistryOperation;
  /** What the request is about, for messages: a reference or a digest, never a URL. */
  readonly subject: string;
  readonly method: HttpRequest["method"];
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  /** Size of the blob that the request commits, in bytes: the time limit for the response grows with it. */
  readonly commitBytes?: number;
  /** Called with the milliseconds from sending the request to the head of its response, without the wait for the rate limit. */
  readonly onResponse?: (tookMs: number) => void;
  /** Expected statuses; any other one is thrown as an error. */
  readonly accept: readonly number[];
  readonly scope: Scope;
}

/** One hop of a request: a redirect or a token server may lead to another host. */
export type RequestHop = Omit<RegistryRequest, "accept" | "scope">;

/** True when the request can be sent a second time: its body, if any, is in memory. */
export function isReplayable({ body }: Pick<RegistryRequest, "body">): boolean {
  return body === undefined || body instanceof Uint8Array;
}
