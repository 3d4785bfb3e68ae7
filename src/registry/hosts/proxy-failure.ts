/** A request failed at a proxy. `code` is the kind of failure, as in errors of Node and undici. */
class ProxyFailure extends Error {
  override readonly name = "ProxyFailure";
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What to do about a refusal of the proxy. With other statuses, the proxy could not reach the registry. */
const ADVICE: Readonly<Record<number, string>> = {
  403: "it does not allow this host; ask who runs it, or list the host in NO_PROXY",
  407: "it wants a login; write the proxy as http://USER:PASSWORD@HOST:PORT",
};

/**
 * Names the proxy in the failure of a request through it, by host and port only. A proxy that refuses CONNECT (RFC 9110, 9.3.6) is a
 * network failure, not a response of the registry. An abort is returned as it is.
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
  // undici reports a refused tunnel as an AbortError, too; those were handled above.
  if (error.name === "AbortError") return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return new ProxyFailure(code, `by way of the proxy ${proxy.host}: ${error.message}`, { cause: error });
}
