import { bypassesProxy } from "./no-proxy.ts";

/** Proxies as the environment names them, and what is reached without one. */
export interface ProxySettings {
  /** For `http:` URLs; undefined when there is none. */
  readonly http: URL | undefined;
  readonly https: URL | undefined;
  /** Names, addresses and networks, as NO_PROXY lists them. */
  readonly no: string;
}

/** A variable that should name a proxy does not. The message holds nothing of its value: there may be a password in it. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
}

/**
 * HTTPS_PROXY, HTTP_PROXY and NO_PROXY, the lower-case names first, as curl has them. Undefined where no proxy is named.
 * @throws {ProxyError} naming the variable.
 */
export function proxySettings(environment: NodeJS.ProcessEnv): ProxySettings | undefined {
  const http = proxyIn(environment, "HTTP_PROXY");
  const https = proxyIn(environment, "HTTPS_PROXY");
  const no = environment["no_proxy"] ?? environment["NO_PROXY"] ?? "";
  return http === undefined && https === undefined ? undefined : { http, https, no };
}

/** The proxy to reach an origin by; undefined when it is reached directly. */
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
