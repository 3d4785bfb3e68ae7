/** An HTTP request (RFC 9110). */
export interface HttpRequest {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** Ends the exchange when it is aborted, also while the body of the response is read. */
  readonly signal: AbortSignal;
}

/** A request that was sent, until its response has ended. */
export interface Exchange {
  /** The head of the response. @throws undici's errors, and the reason of an abort. */
  readonly response: Promise<HttpResponse>;
  /** Ends this exchange alone: its response fails, or the body if its head has come. */
  abort(reason: Error): void;
}

/** The head of an HTTP response, and its unread body. */
export interface HttpResponse {
  readonly statusCode: number;
  /** By lower-case name; an array for a header with several lines. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: HttpBody;
}

/** An unread body. Its owner takes, reads, dumps or destroys it: exactly one of them. */
export interface HttpBody extends AsyncIterable<Uint8Array> {
  /** All bytes, if they have arrived already: so do most short bodies, with the head. Undefined otherwise. */
  take(): Uint8Array | undefined;
  /** Reads up to `limit` bytes, so that the connection can be used again; destroys a longer body. */
  dump(options?: { readonly limit: number }): Promise<void>;
  /** Closes the connection, unless the body has ended. A reader that waits gets the error. */
  destroy(error?: Error): void;
}
