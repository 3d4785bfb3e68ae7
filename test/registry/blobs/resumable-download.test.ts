import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import type { ImageSource } from "../../../src/oci/image-source.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { scriptedServer, sendPart } from "../../fixtures/servers/scripted-server.ts";
import type { Got, Script } from "../../fixtures/servers/scripted-server.ts";
import { testSource } from "../../fixtures/registry-client.ts";

const signal = AbortSignal.timeout(600_000);
const body = randomBytes(300_000);
const blob: Descriptor = { mediaType: "application/octet-stream", digest: digestOf(body), size: body.byteLength };

async function readAll(source: ImageSource, descriptor: Descriptor = blob): Promise<Buffer> {
  await using stream = await source.openBlob(descriptor, signal);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function from({ headers }: Got): number {
  return Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
}

/** Responds to a range request as a registry does. */
const serve: Script = (got, response) => {
  const start = from(got);
  const range = { "content-range": `bytes ${start}-${body.byteLength - 1}/${body.byteLength}` };
  response.writeHead(start === 0 ? 200 : 206, {
    "content-length": body.byteLength - start,
    ...(start === 0 ? {} : range),
  });
  response.end(body.subarray(start));
};

async function against(
  script: Script,
  check: (source: ImageSource, got: readonly Got[]) => Promise<void>,
): Promise<void> {
  await using server = await scriptedServer(script);
  await using connections = createConnections();
  await check(testSource({ host: server.host, repository: "a" }, connections), server.got);
}

describe("a blob's stream", () => {
  it("has the bytes of its descriptor, requested without compression", async () => {
    await against(serve, async (source, got) => {
      expect(Buffer.compare(await readAll(source), body)).toBe(0);
      expect(got[0]?.headers["accept-encoding"]).toBe("identity");
    });
  });

  it.each([1, 65_536, 150_000, 299_999])(
    "goes on with the next byte when its connection is reset after %d bytes",
    async (cut) => {
      await against(
        (got, response, count) => (count === 0 ? sendPart(response, body, cut) : serve(got, response, count)),
        async (source, got) => {
          expect(Buffer.compare(await readAll(source), body)).toBe(0);
          expect(got).toHaveLength(2);
          expect(got[1]?.headers.range).toMatch(/^bytes=\d+-$/);
          expect(from(got[1]!)).toBeLessThanOrEqual(cut);
        },
      );
    },
  );

  it("resumes when it ends early, even with a Content-Length that is too small", async () => {
    await against(
      (got, response, count) =>
        count === 0
          ? void response.writeHead(200, { "content-length": 1_000 }).end(body.subarray(0, 1_000))
          : serve(got, response, count),
      async (source, got) => {
        expect(Buffer.compare(await readAll(source), body)).toBe(0);
        expect(from(got[1]!)).toBe(1_000);
      },
    );
  });

  it("skips what it has when a registry answers 200 to a range", async () => {
    await against(
      (_got, response, count) => (count === 0 ? sendPart(response, body, 100_000) : void response.end(body)),
      async (source) => expect(Buffer.compare(await readAll(source), body)).toBe(0),
    );
  });

  it.each([
    ["another range", "bytes 5-9/10"],
    ["another size", `bytes 100000-299999/400000`],
    ["no Content-Range at all", undefined],
  ])("asks for the whole, and skips what it has, when it is answered with %s", async (_what, range) => {
    await against(
      (got, response, count) => {
        if (count === 0) return sendPart(response, body, 100_000);
        if (count > 1) return serve(got, response, count);
        response.writeHead(206, range === undefined ? {} : { "content-range": range }).end("wrong");
      },
      async (source, got) => {
        expect(Buffer.compare(await readAll(source), body)).toBe(0);
        expect(got.map(({ headers }) => headers.range)).toEqual([undefined, "bytes=100000-", undefined]);
      },
    );
  });

  it("requests the whole blob when the registry answers 416 to a range", async () => {
    await against(
      (got, response, count) => {
        if (count === 0) return sendPart(response, body, 100_000);
        if (count > 1) return serve(got, response, count);
        response.writeHead(416, { "content-range": "bytes */100000" }).end();
      },
      async (source) => expect(Buffer.compare(await readAll(source), body)).toBe(0),
    );
  });

  it("is deferred when it breaks repeatedly without progress", async () => {
    await against(
      (_got, response) => sendPart(response, body, 0),
      async (source, got) => {
        await expect(readAll(source)).rejects.toMatchObject({ category: "deferred", side: "source" });
        expect(got.length).toBeLessThanOrEqual(12);
      },
    );
  });

  it.each<[string, Uint8Array, string]>([
    [
      "a flipped bit",
      Buffer.concat([body.subarray(0, 7), Buffer.from([body[7]! ^ 1]), body.subarray(8)]),
      "DIGEST_INVALID",
    ],
    ["a byte too many", Buffer.concat([body, Buffer.from([0])]), "SIZE_INVALID"],
  ])("never gives its last bytes with %s", async (_case, wrong, code) => {
    await against(
      (_got, response) => void response.end(wrong),
      async (source) => {
        const received: Uint8Array[] = [];
        const reading = (async () => {
          await using stream = await source.openBlob(blob, signal);
          for await (const chunk of stream) received.push(chunk);
        })();
        await expect(reading).rejects.toMatchObject({ code });
        expect(Buffer.concat(received).byteLength).toBeLessThan(blob.size);
      },
    );
  });

  it("ignores a Content-Encoding on bytes that are right", async () => {
    await against(
      (_got, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end(body),
      async (source) => expect(Buffer.compare(await readAll(source), body)).toBe(0),
    );
  });

  it("of no bytes ends at once", async () => {
    const empty = { ...blob, digest: digestOf(new Uint8Array()), size: 0 };
    await against(
      (_got, response) => void response.end(),
      async (source) => expect(await readAll(source, empty)).toHaveLength(0),
    );
  });

  it("ends at once when it is closed after a break, although the response that it waits for never comes", async () => {
    const asked = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    await against(
      (_got, response, count) => {
        if (count === 0) return sendPart(response, body, 100_000);
        response.on("close", () => closed.resolve());
        asked.resolve();
      },
      async (source) => {
        const stream = await source.openBlob(blob, signal);
        const reading = (async () => {
          for await (const chunk of stream) expect(chunk.byteLength).toBeGreaterThan(0);
        })();
        await asked.promise;
        await Promise.all([
          expect(reading).rejects.toThrow("was closed"),
          stream[Symbol.asyncDispose](),
          closed.promise,
        ]);
      },
    );
  });

  it("releases its connection when it is closed unread", async () => {
    await against(serve, async (source) => {
      const stream = await source.openBlob(blob, signal);
      await stream[Symbol.asyncDispose]();
      expect(Buffer.compare(await readAll(source), body)).toBe(0);
    });
  });
});
