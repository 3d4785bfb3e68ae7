import { connect, createServer } from "node:net";
import type { Socket } from "node:net";

// A TCP proxy that adds latency and optionally limits the throughput of each connection. It is a separate process, so that its
// CPU time is not counted as the client's or the registry's. Arguments: host:port to forward to, round trip in milliseconds,
// bytes per millisecond of responses on each connection (0: unlimited). Prints its own port.

const [target = "", roundTrip = "0", cap = "0"] = process.argv.slice(2);
const [host, port] = target.split(":");
const oneWayMs = Number(roundTrip) / 2;
const capBytesPerMs = Number(cap);
/** Bytes on the way in one direction before the sender has to wait. */
const WINDOW_BYTES = 16 * 1024 * 1024;

interface Piece {
  readonly due: number;
  /** Undefined for the end of the stream. */
  readonly bytes: Buffer | undefined;
}

/** Passes pieces on in order, each one way's time after it came; the first waits a round trip more, for the set-up. */
function delayed(from: Socket, to: Socket, setUpMs: number, rate = 0): void {
  const queue: Piece[] = [];
  const opened = performance.now() + setUpMs;
  let waiting = false;
  let onTheWay = 0;
  let free = 0;

  function accept(bytes: Buffer | undefined): void {
    // Each byte leaves when those before it have left.
    const length = bytes?.length ?? 0;
    free = Math.max(performance.now(), opened, free) + (rate > 0 ? length / rate : 0);
    queue.push({ due: free + oneWayMs, bytes });
    if (!waiting) deliver();
  }

  function deliver(): void {
    waiting = false;
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const left = next.due - performance.now();
      if (left > 0) {
        waiting = true;
        setTimeout(deliver, left);
        return;
      }
      queue.shift();
      if (next.bytes === undefined) return void to.end();
      onTheWay -= next.bytes.length;
      if (onTheWay <= WINDOW_BYTES) from.resume();
      if (!to.destroyed) to.write(next.bytes);
    }
  }

  from.on("data", (bytes: Buffer) => {
    onTheWay += bytes.length;
    if (onTheWay > WINDOW_BYTES) from.pause();
    accept(bytes);
  });
  from.on("end", () => accept(undefined));
  from.on("error", () => to.destroy());
}

const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  const upstream = connect({ host: host ?? "", port: Number(port), noDelay: true, allowHalfOpen: true });
  delayed(client, upstream, 2 * oneWayMs);
  delayed(upstream, client, 0, capBytesPerMs);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address !== "string") console.log(address.port);
});
