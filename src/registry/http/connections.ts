import type { Clock } from "../../async/clock.ts";
import { createSemaphore } from "../../async/semaphore.ts";
import type { Semaphore } from "../../async/semaphore.ts";
import { createConnectionPools } from "./connection-pools.ts";
import type { ConnectionPoolOptions, ConnectionPools } from "./connection-pools.ts";
import { proxyOf } from "../hosts/proxy.ts";
import { proxyFailure } from "../hosts/proxy-failure.ts";
import { exchange } from "./exchange.ts";
import type { Exchange, HttpRequest } from "./http-message.ts";
import { compileParserOnce } from "../sockets/response-parser.ts";
import { createReadBuffers } from "../sockets/read-buffers.ts";
import { systemClock } from "../../async/system-clock.ts";

/** Connection pools for all registries of a process. Their creator closes them. */
export interface Connections extends AsyncDisposable {
  /** Sends one request over a pooled connection. */
  send(request: HttpRequest): Exchange;
  /** Destroys all connections. Can be called twice. */
  close(): Promise<void>;
  /** A permit for each range of a blob that is read ahead into memory: {@link MAX_RANGES_AHEAD} in the whole process. */
  readonly readAhead: Semaphore;
}

export interface ConnectionsOptions extends Omit<ConnectionPoolOptions, "buffers"> {
  /** The system clock by default; tests pass another one. */
  readonly clock?: Pick<Clock, "now">;
}

/**
 * After this long without a request, in milliseconds, the pools are replaced: an execution environment that was frozen wakes with
 * sockets that the other side has closed, and the timers that should have closed them never ran (fault N19).
 */
const IDLE_MS = 30_000;

/** With 3 MiB each, 36 MiB in all: of the 100 MB that a process may take beyond what it has when idle. */
export const MAX_RANGES_AHEAD = 12;

/**
 * HTTP/1.1 only: several streams on one HTTP/2 connection share a window, and are slower in all published measurements
 * (docs/decisions/0006).
 */
export function createConnections(options: ConnectionsOptions = {}): Connections {
  const { clock = systemClock, proxies } = options;
  compileParserOnce();
  const poolOptions = { ...options, buffers: createReadBuffers() };
  let pools = createConnectionPools(poolOptions);
  let lastUse = clock.now();
  /** Replaced pools whose last requests are still running. */
  const retired = new Set<ConnectionPools>();

  const noteUse = (): void => void (lastUse = clock.now());

  function current(): ConnectionPools {
    const time = clock.now();
    if (time - lastUse > IDLE_MS) {
      const old = pools;
      retired.add(old);
      old.close().then(
        () => retired.delete(old),
        () => retired.delete(old),
      );
      pools = createConnectionPools(poolOptions);
    }
    lastUse = time;
    return pools;
  }

  const close = async (): Promise<void> => {
    await Promise.all([pools, ...retired].map((each) => each.destroy()));
  };
  return {
    send(request) {
      const sent = exchange(current().to(request.origin), request, noteUse);
      const proxy = proxies && proxyOf(new URL(request.origin), proxies);
      if (proxy === undefined) return sent;
      const response = sent.response.catch((error: unknown) => {
        throw proxyFailure(proxy, request.origin, error);
      });
      return { response, abort: (reason) => sent.abort(reason) };
    },
    close,
    readAhead: createSemaphore(MAX_RANGES_AHEAD),
    [Symbol.asyncDispose]: close,
  };
}
