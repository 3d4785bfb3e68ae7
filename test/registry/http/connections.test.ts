import { getEventListeners, once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { NEVER } from "../../../src/async/abort.ts";

interface RawServer extends AsyncDisposable {
  readonly origin: string;
  readonly connections: () => number;
}

/** A server that writes what `answer` says for each request line, byte for byte. */
async function rawServer(answer: (method: string, socket: Socket) => void): Promise<RawServer> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      for (const [, method = ""] of data.toString("latin1").matchAll(/^([A-Z]+) \//gm)) answer(method, socket);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const HEAD = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";

describe("connections to a registry", () => {
  it("are used again after a HEAD request", async () => {
    await using server = await rawServer((method, socket) => socket.write(method === "HEAD" ? HEAD : `${HEAD}hello`));
    await using connections = createConnections();
    for (const method of ["HEAD", "HEAD", "GET", "HEAD"] as const) {
      const { statusCode, body } = await connections.send({
        origin: server.origin,
        path: "/",
        method,
        headers: {},
        signal: NEVER,
      }).response;
      expect(statusCode).toBe(200);
      await body.dump({ limit: 100 });
      // undici gives a connection back in the next turn of the event loop.
      await nextTurn();
    }
    expect(server.connections()).toBe(1);
  });

  it.each([
    ["at once", 0],
    ["a moment later", 20],
  ])("give right answers although a server sends a body after HEAD, %s", async (_when, afterMs) => {
    /** The client drops a connection on which bytes arrive that it did not ask for. */
    let closed: Promise<unknown> = Promise.resolve();
    await using server = await rawServer((method, socket) => {
      if (method !== "HEAD") return void socket.write(`${HEAD}hello`);
      if (afterMs === 0) return void socket.write(`${HEAD}wrong`);
      socket.write(HEAD);
      void sleep(afterMs).then(() => socket.write("wrong"));
      closed = once(socket, "close");
    });
    await using connections = createConnections();
    const send = (method: "HEAD" | "GET") =>
      connections.send({ origin: server.origin, path: "/", method, headers: {}, signal: NEVER }).response;
    const texts: string[] = [];
    for (let count = 0; count < 5; count++) {
      const head = await send("HEAD");
      await head.body.dump({ limit: 100 });
      await closed;
      const { body } = await send("GET");
      texts.push((await Array.fromAsync(body)).join(""));
    }
    expect(texts).toEqual(Array(5).fill("hello"));
  });

  it("end a request at once when its signal is aborted, also while it waits for a connection", async () => {
    await using server = await rawServer(() => undefined);
    await using connections = createConnections();
    const reason = new Error("the caller has left");
    const stop = new AbortController();
    const { origin } = server;
    const waiting = connections.send({ origin, path: "/", method: "GET", headers: {}, signal: stop.signal }).response;
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(
      connections.send({ origin, path: "/", method: "GET", headers: {}, signal: stop.signal }).response,
    ).rejects.toBe(reason);
  });

  it("end a body with the reason of the signal that is aborted while it is read, and close the stream that is being sent", async () => {
    await using server = await rawServer((_method, socket) => socket.write(HEAD));
    await using connections = createConnections();
    const stop = new AbortController();
    let isClosed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield await Promise.resolve(Buffer.alloc(64 * 1024));
      } finally {
        isClosed = true;
      }
    }
    const { body } = await connections.send({
      origin: server.origin,
      path: "/",
      method: "PUT",
      headers: {},
      body: endless(),
      signal: stop.signal,
    }).response;
    const read = Array.fromAsync(body);
    const reason = new Error("the caller has left");
    stop.abort(reason);
    await expect(read).rejects.toBe(reason);
    await expect.poll(() => isClosed).toBe(true);
  });

  it("leave no listener on the signal of a request that has ended, well or not", async () => {
    await using server = await rawServer((_method, socket) => void socket.end(`${HEAD}hell`));
    await using connections = createConnections();
    const { signal } = new AbortController();
    const send = () =>
      connections.send({ origin: server.origin, path: "/", method: "GET", headers: {}, signal }).response;
    const { body } = await send();
    await expect(Array.fromAsync(body)).rejects.toThrow();
    await server[Symbol.asyncDispose]();
    await expect(send()).rejects.toThrow("ECONNREFUSED");
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
