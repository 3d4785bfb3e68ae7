import { once } from "node:events";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import { addressOf } from "./address.ts";

export interface RunningServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  close(): Promise<void>;
}

/** A port is taken by another program; the message says which and what to do. */
export class PortTakenError extends Error {
  override readonly name = "PortTakenError";
}

/** Starts an HTTP server on loopback; port 0 is any free one. Closing cuts the connections that are left. */
export async function startHttpServer(listener: RequestListener, port = 0): Promise<RunningServer> {
  const server = createServer({ keepAliveTimeout: 30_000, requestTimeout: 0 }, listener);
  server.listen(port, "127.0.0.1");
  await once(server, "listening").catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE") {
      throw new PortTakenError(
        `port ${port} of 127.0.0.1 is taken by another program; end that one, or choose another port`,
        { cause },
      );
    }
    throw cause;
  });
  return {
    host: addressOf(server),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
