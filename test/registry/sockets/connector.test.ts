import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer as createPlainServer } from "node:http";
import type { RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { TLSSocket } from "node:tls";
import { beforeAll, describe, expect, it } from "vitest";
import { addressOf } from "../../../src/loopback/address.ts";
import { NEVER } from "../../../src/async/abort.ts";
import type { Connections } from "../../../src/registry/http/connections.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { makeCertificates } from "../../fixtures/servers/certificates.ts";
import type { Certificates } from "../../fixtures/servers/certificates.ts";

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});

const MIB = 1024 * 1024;
/** Bytes that differ from place to place: memory that is used too early shows. */
const body = Buffer.from(Uint32Array.from({ length: 6 * MIB }, (_, index) => index * 2_654_435_761).buffer);
const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

interface Server extends AsyncDisposable {
  readonly origin: string;
}

type Scheme = "http" | "https";

async function serve(scheme: Scheme, listener: RequestListener): Promise<Server> {
  const server = scheme === "http" ? createPlainServer(listener) : createTlsServer({ ...certificates.good }, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `${scheme}://localhost:${addressOf(server).split(":")[1]}`,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const open = (): Connections => createConnections({ ca: certificates.ca });
const get = (connections: Connections, { origin }: Server, path = "/") =>
  connections.send({ origin, path, method: "GET", headers: {}, signal: NEVER }).response;

/** The chunks of a response's body, after `seen` was called with each. */
async function* chunksOf(bytes: AsyncIterable<unknown>, seen: (chunk: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError("not bytes");
    seen(chunk);
    yield chunk;
  }
}

async function readAll(bytes: AsyncIterable<unknown>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const chunk of chunksOf(bytes, () => undefined)) copies.push(Buffer.from(chunk));
  return Buffer.concat(copies);
}

describe.each<Scheme>(["http", "https"])("bytes over %s", (scheme) => {
  it("arrive at the target as the source sent them, in few buffers that are used again and again", async () => {
    const stored: string[] = [];
    await using source = await serve(scheme, (_request, response) => void response.end(body));
    await using target = await serve(scheme, (request, response) => {
      void (async () => {
        stored.push(hashOf(await readAll(request)));
        response.end();
      })();
    });
    await using connections = open();
    const buffers = new Set<ArrayBufferLike>();
    const copy = async (): Promise<void> => {
      const from = await get(connections, source);
      const to = await connections.send({
        origin: target.origin,
        path: "/",
        method: "PUT",
        headers: { "content-length": String(body.byteLength) },
        body: chunksOf(from.body, (chunk) => buffers.add(chunk.buffer)),
        signal: NEVER,
      }).response;
      await to.body.dump();
    };
    await Promise.all([copy(), copy()]);
    await copy();
    expect(stored).toEqual([hashOf(body), hashOf(body), hashOf(body)]);
    // 72 MB need 288 buffers of 256 KiB if none is used twice.
    expect(buffers.size).toBeLessThan(48);
  });

  it("are right when their reader keeps all of them", async () => {
    await using source = await serve(scheme, (_request, response) => void response.end(body));
    await using connections = open();
    const chunks: Uint8Array[] = [];
    for await (const chunk of chunksOf((await get(connections, source)).body, () => undefined)) chunks.push(chunk);
    expect(hashOf(Buffer.concat(chunks))).toBe(hashOf(body));
  });

  it("are whole when the connection ends with the last of them", async () => {
    await using source = await serve(scheme, (_request, response) => {
      response.writeHead(200, { connection: "close" });
      response.end(body.subarray(0, 3 * MIB + 5));
    });
    await using connections = open();
    const { body: received } = await get(connections, source);
    expect(hashOf(await readAll(received))).toBe(hashOf(body.subarray(0, 3 * MIB + 5)));
  });

  it("are passed on although the next ones never come", async () => {
    await using source = await serve(scheme, (_request, response) => void response.write(body.subarray(0, 100_000)));
    await using connections = open();
    const { body: received } = await get(connections, source);
    let length = 0;
    for await (const chunk of chunksOf(received, () => undefined)) {
      length += chunk.byteLength;
      if (length === 100_000) break;
    }
    expect(length).toBe(100_000);
  });

  it("of many small answers are right, whatever came before on the connection", async () => {
    await using source = await serve(scheme, ({ url }, response) => {
      response.end(url === "/large" ? body.subarray(0, MIB) : `small ${url}`);
    });
    await using connections = open();
    for (const path of ["/1", "/2", "/large", "/3", "/large", "/4"]) {
      const bytes = await readAll((await get(connections, source, path)).body);
      expect(path === "/large" ? hashOf(bytes) : bytes.toString()).toBe(
        path === "/large" ? hashOf(body.subarray(0, MIB)) : `small ${path}`,
      );
    }
  });
});

describe("connections", () => {
  it.each([512, 1_369, 4_000, 16_384])(
    "over TLS read bodies whose records have %i bytes, as Go's servers send",
    async (size) => {
      await using source = await serve("https", ({ socket }, response) => {
        if (socket instanceof TLSSocket) socket.setMaxSendFragment(size);
        response.end(body.subarray(0, 4 * MIB));
      });
      await using connections = open();
      for (let count = 0; count < 3; count++) {
        expect(hashOf(await readAll((await get(connections, source)).body))).toBe(hashOf(body.subarray(0, 4 * MIB)));
      }
    },
  );

  it("that cannot be opened fail with the reason, over HTTP and TLS", async () => {
    await using connections = open();
    const request = async (origin: string): Promise<unknown> =>
      connections.send({ origin, path: "/", method: "GET", headers: {}, signal: NEVER }).response;
    await using server = await serve("http", (_request, response) => void response.end());
    const { port } = new URL(server.origin);
    await expect(request(`https://localhost:${port}`)).rejects.toMatchObject({ code: expect.stringMatching(/SSL/) });
    await server[Symbol.asyncDispose]();
    await expect(request(`http://localhost:${port}`)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("over TLS continue the session of an earlier one to the same host", async () => {
    const resumed: boolean[] = [];
    await using source = await serve("https", ({ socket }, response) => {
      if (socket instanceof TLSSocket) resumed.push(socket.isSessionReused());
      response.writeHead(200, { connection: "close" });
      response.end("here");
    });
    await using connections = open();
    for (let count = 0; count < 2; count++) await readAll((await get(connections, source)).body);
    expect(resumed).toEqual([false, true]);
  });
});
