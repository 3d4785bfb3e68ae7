/** A request did not get through a proxy. Its `code` says what kind of failure it is, as those of Node and undici do. */
class ProxyFailure extends Error {
  override readonly name = "ProxyFailure";
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a proxy's refusals ask for; whatever else it answers is its trouble with the registry. */
const ADVICE: Readonly<Record<number, string>> = {
  403: "it does not allow this host; ask who runs it, or list the host in NO_PROXY",
  407: "it wants a login; write the proxy as http://USER:PASSWORD@HOST:PORT",
};

/**
 * The failure of a request that went by way of a proxy, which it names by host and port only. Refusals of a proxy (RFC 9110,
 * CONNECT) are no answers of the registry. An abort stays what it is.
 */
export function proxyFailure(proxy: URL, origin: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const said =
    /^Proxy response \((\d{3})\)/.exec(error.message)?.[1] ?? /^Proxy Auth.*\((407)\)/.exec(error.message)?.[1];
  if (said !== undefined) {
    const status = Number(said);
    const code = status < 500 ? "ERR_PROXY_REFUSED" : "ERR_PROXY_FAILED";
    const advice = ADVICE[status] ?? "it could not reach it";
    return new ProxyFailure(code, `the proxy ${proxy.host} answered ${status} for ${new URL(origin).host}: ${advice}`);
  }
  // undici calls a refused tunnel an abort, too: only what is left is one.
  if (error.name === "AbortError") return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return new ProxyFailure(code, `by way of the proxy ${proxy.host}: ${error.message}`, { cause: error });
}
