import { Agent } from "undici";
import { createGuardedLookup } from "./address-guard.ts";

/** Sockets per origin: above what one copy runs at once, so that small requests never queue behind blobs. */
const SOCKETS_PER_ORIGIN = 128;

/**
 * Connection pools for every registry of a process. HTTP/1.1, one stream per connection: several streams on one
 * HTTP/2 connection share one window and are slower in every published measurement (docs/decisions).
 */
export function createConnections(): Agent {
  return new Agent({
    allowH2: false,
    connections: SOCKETS_PER_ORIGIN,
    pipelining: 1,
    connect: { timeout: 5_000, lookup: createGuardedLookup() },
    headersTimeout: 60_000,
    bodyTimeout: 15_000,
    // A frozen execution environment wakes with dead sockets: do not keep idle ones for long.
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 60_000,
  });
}
