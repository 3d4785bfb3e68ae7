import { bypassesProxy } from "./no-proxy.ts";

/** The proxies of the environment, and the hosts that bypass them. */
export interface ProxySettings {
  /** For `http:` URLs. */
  readonly http: URL | undefined;
  /** For `https:` URLs. */
  readonly https: URL | undefined;
  /** The value of NO_PROXY. */
  readonly no: string;
}

/** A proxy variable is invalid. The message does not quote the value, because it may contain a password. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
}

/**
 * Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY; as with curl, the lower-case names come first. Undefined when no proxy is set.
 * @throws {ProxyError} naming the variable.
 */
export function proxySettings(environment: NodeJS.ProcessEnv): ProxySettings | undefined {
  const http = proxyIn(environment, "HTTP_PROXY");
  const https = proxyIn(environment, "HTTPS_PROXY");
  const no = environment["no_proxy"] ?? environment["NO_PROXY"] ?? "";
  return http === undefined && https === undefined ? undefined : { http, https, no };
}

/** The proxy for an origin; undefined for a direct connection. */
export function proxyOf(origin: URL, { http, https, no }: ProxySettings): URL | undefined {
  const proxy = origin.protocol === "https:" ? https : http;
  return proxy === undefined || bypassesProxy(origin, no) ? undefined : proxy;
}

function proxyIn(environment: NodeJS.ProcessEnv, name: string): URL | undefined {
  const value = environment[name.toLowerCase()] ?? environment[name] ?? "";
  if (value === "") return undefined;
  const url = URL.parse(value.includes("://") ? value : `http://${value}`);
  if (url !== null && url.hostname !== "" && /^(?:https?|socks5?):$/.test(url.protocol)) return url;
  throw new ProxyError(`${name} is no URL of a proxy (http://host:port, https: or socks5:); correct it, or unset it`);
}
