import type { lookup } from "node:dns";
import { Pool, ProxyAgent } from "undici";
import type { Dispatcher } from "undici";
import { createGuardedLookup } from "../hosts/address-guard.ts";
import { proxyOf } from "../hosts/proxy.ts";
import type { ProxySettings } from "../hosts/proxy.ts";
import { createConnector } from "../sockets/connector.ts";
import type { ReadBuffers } from "../sockets/read-buffers.ts";

export interface ConnectionPoolOptions {
  /** The system's resolver by default; tests pass another one. */
  readonly resolve?: typeof lookup;
  /** Trusted certificates instead of Node's, as PEM. */
  readonly ca?: string | readonly string[] | undefined;
  /** Trusted certificates of one origin; undefined for `ca`. */
  readonly caOf?: ((origin: URL) => readonly string[] | undefined) | undefined;
  /** Time limit for opening a connection. */
  readonly connectMs?: number;
  readonly proxies?: ProxySettings | undefined;
  /** Memory that direct connections read into; connections through proxies have their own. */
  readonly buffers: ReadBuffers;
}

/** One pool of connections for each origin, direct or through a proxy. */
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
  // The senders of requests and the readers of bodies have time limits of their own, which share their timers.
  headersTimeout: 0,
  bodyTimeout: 0,
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
export function createConnectionPools({
  resolve,
  ca,
  caOf,
  connectMs = CONNECT_MS,
  proxies,
  buffers,
}: ConnectionPoolOptions): ConnectionPools {
  const pools = new Map<string, Dispatcher>();
  const lookupGuarded = createGuardedLookup(resolve);

  function open(origin: string): Dispatcher {
    const url = new URL(origin);
    const trusted = caOf?.(url) ?? ca;
    const tls = {
      timeout: connectMs,
      ...(trusted === undefined ? {} : { ca: typeof trusted === "string" ? trusted : [...trusted] }),
    };
    const proxy = proxies && proxyOf(url, proxies);
    if (proxy !== undefined) return createProxyAgent(proxy, tls);
    return new Pool(origin, { ...POOL, connect: createConnector({ ...tls, lookup: lookupGuarded }, buffers) });
  }

  return {
    to(origin) {
      const pool = pools.get(origin) ?? open(origin);
      pools.set(origin, pool);
      return pool;
    },
    close: async () => void (await Promise.all([...pools.values()].map((each) => each.close()))),
    destroy: async () => void (await Promise.all([...pools.values()].map((each) => each.destroy()))),
  };
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
