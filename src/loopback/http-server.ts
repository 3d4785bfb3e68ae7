import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { ZodError } from "zod";
import { addressOf } from "./address.ts";
import { loopbackOnly } from "./loopback-guard.ts";

export interface RunningServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  close(): Promise<void>;
}

/** The port is in use; the message names it and says what to do. */
export class PortInUseError extends Error {
  override readonly name = "PortInUseError";
}

/** Answers one request. Errors become responses: 400 for a malformed request, 500 otherwise. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/**
 * Starts an HTTP server on loopback, for programs on this machine; port 0 is any free one. No client can end the process.
 * Closing the server closes all remaining connections.
 */
export async function startHttpServer(answer: Answer, port = 0): Promise<RunningServer> {
  const listener = loopbackOnly((request, response) => void answered(answer, request, response));
  const server = createServer({ keepAliveTimeout: 30_000, requestTimeout: 0 }, listener);
  server.listen(port, "127.0.0.1");
  await once(server, "listening").catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE") {
      throw new PortInUseError(
        `port ${port} of 127.0.0.1 is in use by another program; end that program, or choose another port`,
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

async function answered(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await answer(request, response);
  } catch (error) {
    if (response.headersSent || request.destroyed) return void response.destroy();
    const status = isMalformedRequest(error) ? 400 : 500;
    const text = status === 400 ? "the request cannot be read" : "the server failed";
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" }).end(`${text}\n`);
  }
}

/** True for the error of a malformed request: of its URL, percent-encoding, JSON, size or schema. */
export function isMalformedRequest(error: unknown): boolean {
  if (error instanceof URIError || error instanceof SyntaxError || error instanceof RangeError) return true;
  if (error instanceof ZodError) return true;
  return error instanceof TypeError && "code" in error && error.code === "ERR_INVALID_URL";
}
