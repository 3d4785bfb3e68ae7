import { BlockList, isIP } from "node:net";
import { isForbiddenAddress } from "./address-guard.ts";

/**
 * True for hosts that bypass the proxy: those that NO_PROXY lists, and always loopback and link-local addresses, because the proxy
 * would reach its own (Go's golang.org/x/net/http/httpproxy does so for loopback). An entry is a name with its subdomains, `*.name`
 * for the subdomains only, an address, a network (`10.0.0.0/8`) or `*`; a port may follow.
 */
export function bypassesProxy({ hostname, port, protocol }: URL, noProxy: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  const family = isIP(host);
  if (family !== 0 && isForbiddenAddress({ address: host, family })) return true;
  const own = port === "" ? (protocol === "https:" ? "443" : "80") : port;
  return noProxy.split(/[,\s]+/).some((entry) => matches(host, own, entry.toLowerCase()));
}

function matches(host: string, port: string, entry: string): boolean {
  if (entry.includes("/")) return isIn(host, entry);
  const { name, wanted } = split(entry);
  if (name === "" || (wanted !== undefined && wanted !== port)) return false;
  if (name === "*") return true;
  const suffix = name.replace(/^\*?\./, "");
  return host.endsWith(`.${suffix}`) || (host === suffix && !name.startsWith("*"));
}

/** Splits `name:port` or `[address]:port`; the port is optional, and an IPv6 address contains colons. */
function split(entry: string): { readonly name: string; readonly wanted: string | undefined } {
  if (isIP(entry) === 6) return { name: entry, wanted: undefined };
  const [, name = "", wanted] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  return { name: name.replace(/^\[|\]$/g, "").replace(/\.$/, ""), wanted };
}

function isIn(host: string, entry: string): boolean {
  const [network = "", bits = "", ...more] = entry.split("/");
  const family = isIP(network);
  const isPrefix = /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  if (family === 0 || isIP(host) !== family || !isPrefix || more.length > 0) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, Number(bits), type);
  return list.check(host, type);
}
