import type { lookup } from "node:dns";
import { Readable } from "node:stream";
import { Agent } from "undici";
import type { Clock } from "../oci/clock.ts";
import { createGuardedLookup } from "./hosts/address-guard.ts";
import type { HttpAnswer, HttpRequest } from "./http.ts";
import { systemClock } from "./system-clock.ts";

/** Connection pools for every registry of a process; whoever created them closes them. */
export interface Connections extends AsyncDisposable {
  /** Sends one request over a pooled connection. @throws undici's errors. */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** Cuts every connection. Can be called twice. */
  close(): Promise<void>;
}

export interface ConnectionsOptions {
  /** Resolves names; the system's resolver outside of tests. */
  readonly resolve?: typeof lookup;
  /** Certificates to trust instead of Node's, PEM. */
  readonly ca?: string;
  /** How long a connection may take to be made, in milliseconds. */
  readonly connectMs?: number;
  /** The system's, outside of tests. */
  readonly clock?: Pick<Clock, "now">;
}

/** Sockets per origin: above what one copy runs at once, so that small requests never queue behind blobs. */
const SOCKETS_PER_ORIGIN = 128;
const CONNECT_MS = 3_000;
/**
 * After this long without a request the pools are made anew, in milliseconds: an execution environment that was frozen
 * wakes with sockets the other side has long forgotten, and a timer that should have closed them never ran (fault N19).
 */
const IDLE_MS = 30_000;

/**
 * HTTP/1.1, one stream per connection: several streams on one HTTP/2 connection share one window and are slower in
 * every published measurement (docs/decisions/0006).
 */
export function createConnections(options: ConnectionsOptions = {}): Connections {
  const { clock = systemClock } = options;
  let agent = createAgent(options);
  let lastUse = clock.now();
  /** Agents replaced, whose last requests are still under way. */
  const retired = new Set<Agent>();

  function current(): Agent {
    const time = clock.now();
    if (time - lastUse > IDLE_MS) {
      const old = agent;
      retired.add(old);
      old.close().then(
        () => retired.delete(old),
        () => retired.delete(old),
      );
      agent = createAgent(options);
    }
    lastUse = time;
    return agent;
  }

  const close = async (): Promise<void> => {
    await Promise.all([agent, ...retired].map((each) => each.destroy()));
  };
  return {
    async request({ body, ...request }) {
      const answer = await current().request({ ...request, body: toBody(body) });
      lastUse = clock.now();
      return answer;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function toBody(body: HttpRequest["body"]): string | Uint8Array | Readable | null {
  const isStream = typeof body === "object" && Symbol.asyncIterator in body;
  return isStream ? Readable.from(body, { objectMode: false }) : (body ?? null);
}

function createAgent({ resolve, ca, connectMs = CONNECT_MS }: ConnectionsOptions): Agent {
  return new Agent({
    allowH2: false,
    connections: SOCKETS_PER_ORIGIN,
    pipelining: 1,
    connect: { timeout: connectMs, lookup: createGuardedLookup(resolve), ...(ca === undefined ? {} : { ca }) },
    headersTimeout: 60_000,
    bodyTimeout: 15_000,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 60_000,
  });
}
