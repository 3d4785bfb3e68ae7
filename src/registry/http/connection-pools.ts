import type { lookup } from "node:dns";
import { Agent, ProxyAgent, Pool } from "undici";
import type { Dispatcher } from "undici";
import { createGuardedLookup } from "../hosts/address-guard.ts";
import { proxyOf } from "../hosts/proxy.ts";
import type { ProxySettings } from "../hosts/proxy.ts";

export interface ConnectionPoolOptions {
  /** Resolves names; the system's resolver outside of tests. */
  readonly resolve?: typeof lookup;
  /** Certificates to trust instead of Node's, PEM. */
  readonly ca?: string | readonly string[] | undefined;
  /** The same for one origin, where it has its own. The same list each time: connections are shared by list. */
  readonly caOf?: ((origin: URL) => readonly string[] | undefined) | undefined;
  /** How long a connection may take to be made, in milliseconds. */
  readonly connectMs?: number;
  /** Ways out of a network that lets no one else out. */
  readonly proxies?: ProxySettings | undefined;
}

/** Pools of connections, straight to registries and by way of proxies. */
export interface ConnectionPools {
  /** The pools an origin is reached by. */
  to(origin: string): Dispatcher;
  /** Waits for what is under way. */
  close(): Promise<void>;
  destroy(): Promise<void>;
}

/** Sockets per origin: above what one copy runs at once, so that small requests never queue behind blobs. */
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
/** A proxy connects to the registry before it answers. */
const TUNNEL_MS = 30_000;

/**
 * The address guard looks at every connection of ours that is made for a name. A proxy resolves names itself: the host guard has
 * seen them, the certificate proves them, and which addresses they may have is the proxy's to say (docs/decisions/0049).
 */
export function createConnectionPools(options: ConnectionPoolOptions): ConnectionPools {
  const { caOf, ...common } = options;
  const usual = createTrustingPools(common);
  const own = new Map<readonly string[], ConnectionPools>();
  const all = (): readonly ConnectionPools[] => [usual, ...own.values()];
  return {
    to(origin) {
      const ca = caOf?.(new URL(origin));
      if (ca === undefined) return usual.to(origin);
      const pools = own.get(ca) ?? createTrustingPools({ ...common, ca });
      own.set(ca, pools);
      return pools.to(origin);
    },
    close: async () => void (await Promise.all(all().map((each) => each.close()))),
    destroy: async () => void (await Promise.all(all().map((each) => each.destroy()))),
  };
}

/** Pools that all trust the same certificates. */
function createTrustingPools({ resolve, ca, connectMs = CONNECT_MS, proxies }: ConnectionPoolOptions): ConnectionPools {
  const tls = { timeout: connectMs, ...(ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] }) };
  const direct = new Agent({ ...POOL, connect: { ...tls, lookup: createGuardedLookup(resolve) } });
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
