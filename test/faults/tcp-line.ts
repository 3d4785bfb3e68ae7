import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { addressOf } from "../../local/http/address.ts";
import type { Certificate } from "../fixtures/servers/certificates.ts";

/** A connection a client has made, before anybody has read from it. */
export interface Connection {
  readonly client: Socket;
  /** How many there were before. */
  readonly number: number;
  /** Joins it, or what is inside its TLS, to the server behind. */
  readonly pass: (inner?: Socket) => Socket;
}

export interface TcpLine extends AsyncDisposable {
  readonly port: number;
  /** Stops every byte on the connections there are now; those made later work. */
  freeze(): void;
}

/** A TCP proxy in front of a server; each connection is handled as the test says. */
export async function startTcpLine(behind: string, handle: (connection: Connection) => void): Promise<TcpLine> {
  const [host = "", port] = behind.split(":");
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
  };
  let number = 0;
  const server = createServer({ noDelay: true }, (client) => {
    keep(client);
    const pass = (inner: Socket = client): Socket => {
      const upstream = keep(connect({ host, port: Number(port), noDelay: true }));
      inner.pipe(upstream).pipe(inner);
      inner.on("close", () => upstream.destroy());
      upstream.on("close", () => inner.destroy());
      return upstream;
    };
    handle({ client, number: number++, pass });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: Number(addressOf(server).split(":")[1]),
    freeze() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Ends TLS for a registry that speaks plain HTTP. @returns the protocol agreed on (ALPN), once it is. */
export function passTls(
  { client, pass }: Connection,
  { key, cert }: Certificate,
  protocols: readonly string[] = ["http/1.1"],
): void {
  const secureContext = createSecureContext({ key, cert });
  const inner = new TLSSocket(client, { isServer: true, secureContext, ALPNProtocols: [...protocols] });
  inner.on("error", () => client.destroy());
  // A registry that has agreed on HTTP/2 expects frames: what we would pass on is none of them.
  inner.on("secure", () => void (inner.alpnProtocol === "h2" ? client.destroy() : pass(inner)));
}
