/** One HTTP request as it goes over the line (RFC 9110). */
export interface HttpRequest {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
  readonly signal: AbortSignal;
}

/** The head of an answer, and its body, which still has to be read. */
export interface HttpResponse {
  readonly statusCode: number;
  /** By lower-case name; several when it was sent several times. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: HttpBody;
}

/** The bytes of an answer as they come. To be read, dumped or destroyed: exactly one of the three. */
export interface HttpBody extends AsyncIterable<unknown> {
  /** Reads a short rest so that the connection lives on; cuts off what is longer than `limit` bytes. */
  dump(options?: { readonly limit: number }): Promise<void>;
  destroy(error?: Error): unknown;
  on(event: "error", listener: () => void): unknown;
}
