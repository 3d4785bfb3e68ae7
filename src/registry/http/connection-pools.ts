import type { lookup } from "node:dns";
import { Agent, ProxyAgent, Pool } from "undici";
import type { Dispatcher } from "undici";
import { createGuardedLookup } from "../hosts/address-guard.ts";
import { proxyOf } from "../hosts/proxy.ts";
import type { ProxySettings } from "../hosts/proxy.ts";
import { createConnector } from "./connector.ts";
import type { ReadBuffers } from "./read-buffers.ts";

export interface ConnectionPoolOptions {
  /** The system's resolver by default; tests pass another one. */
  readonly resolve?: typeof lookup;
  /** Trusted certificates instead of Node's, as PEM. */
  readonly ca?: string | readonly string[] | undefined;
  /** Trusted certificates of one origin; undefined for `ca`. Must return the same array each time: it is the key of a pool. */
  readonly caOf?: ((origin: URL) => readonly string[] | undefined) | undefined;
  /** Time limit for opening a connection. */
  readonly connectMs?: number;
  readonly proxies?: ProxySettings | undefined;
  /** Memory that direct connections read into; connections through proxies have their own. */
  readonly buffers: ReadBuffers;
}

/** Pools of connections, direct and through proxies. */
export interface ConnectionPools {
  to(origin: string): Dispatcher;
  /** Closes the connections once their requests have ended. */
  close(): Promise<void>;
  /** Closes the connections at once. */
  destroy(): Promise<void>;
}

/** Sockets per origin: more than one copy uses at once, so that small requests never queue behind blobs. */
const SOCKETS_PER_ORIGIN = 128;
const POOL = {
  allowH2: false,
  connections: SOCKETS_PER_ORIGIN,
  pipelining: 1,
  headersTimeout: 60_000,
  bodyTimeout: 15_000,
  keepAliveTimeout: 4_000,
  keepAliveMaxTimeout: 60_000,
} as const;
const CONNECT_MS = 3_000;
/** Time limit for the response of a proxy, which connects to the registry first. */
const TUNNEL_MS = 30_000;

/**
 * The address guard checks the addresses of direct connections. A proxy resolves names itself: the host guard has checked the name,
 * the certificate proves it, and the proxy decides which addresses are allowed (docs/decisions/0049).
 */
export function createConnectionPools(options: ConnectionPoolOptions): ConnectionPools {
  const { caOf, ...shared } = options;
  const common = createPoolsWithTrust(shared);
  const byTrust = new Map<readonly string[], ConnectionPools>();
  const all = (): readonly ConnectionPools[] => [common, ...byTrust.values()];
  return {
    to(origin) {
      const ca = caOf?.(new URL(origin));
      if (ca === undefined) return common.to(origin);
      const pools = byTrust.get(ca) ?? createPoolsWithTrust({ ...shared, ca });
      byTrust.set(ca, pools);
      return pools.to(origin);
    },
    close: async () => void (await Promise.all(all().map((each) => each.close()))),
    destroy: async () => void (await Promise.all(all().map((each) => each.destroy()))),
  };
}

/** Pools that trust the same certificates. */
function createPoolsWithTrust({
  resolve,
  ca,
  connectMs = CONNECT_MS,
  proxies,
  buffers,
}: ConnectionPoolOptions): ConnectionPools {
  const tls = { timeout: connectMs, ...(ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] }) };
  const direct = new Agent({
    ...POOL,
    connect: createConnector({ ...tls, lookup: createGuardedLookup(resolve) }, buffers),
  });
  const agents = new Map<string, ProxyAgent>();
  for (const proxy of [proxies?.http, proxies?.https]) {
    if (proxy !== undefined && !agents.has(proxy.href)) agents.set(proxy.href, createProxyAgent(proxy, tls));
  }
  const proxy = (origin: string): URL | undefined => proxies && proxyOf(new URL(origin), proxies);
  return poolsOf((origin) => agents.get(proxy(origin)?.href ?? "") ?? direct, [direct, ...agents.values()]);
}

function createProxyAgent(proxy: URL, tls: object): ProxyAgent {
  return new ProxyAgent({
    ...POOL,
    uri: proxy.href,
    requestTls: tls,
    proxyTls: tls,
    clientFactory: (origin, options) => new Pool(origin, { ...options, headersTimeout: TUNNEL_MS }),
  });
}

function poolsOf(to: ConnectionPools["to"], all: readonly Dispatcher[]): ConnectionPools {
  return {
    to,
    close: async () => void (await Promise.all(all.map((each) => each.close()))),
    destroy: async () => void (await Promise.all(all.map((each) => each.destroy()))),
  };
}
