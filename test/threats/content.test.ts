import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "node:net";
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressOf } from "../../src/loopback/address.ts";
import { Descriptor } from "../../src/oci/descriptor.ts";
import { digestOf, isDigest } from "../../src/oci/digest.ts";
import { FormatError } from "../../src/oci/errors/format-error.ts";
import { successors } from "../../src/oci/manifest.ts";
import { manifestTypeOf } from "../../src/oci/manifest-type.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { parseRepositoryName, parseTag } from "../../src/oci/reference.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import { readErrorBody } from "../../src/registry/errors/error-body.ts";
import { replicateTag } from "../../src/replication/copy/replicate-tag.ts";
import { addImage, addIndex } from "../fixtures/images/memory-image.ts";
import { testSource } from "../fixtures/registry-client.ts";
import { copyRequest, replicateFixture, withSettings } from "../fixtures/replicate-context.ts";
import type { Script } from "../fixtures/servers/scripted-server.ts";
import { besieged, failureOf } from "./canary.ts";

const signal = AbortSignal.timeout(600_000);
const v1 = parseTag("v1");
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytes = encode("an innocent layer");
const blob = { mediaType: MediaType.ociLayer, digest: digestOf(bytes), size: bytes.byteLength };
const config = { mediaType: MediaType.ociConfig, digest: digestOf(encode("{}")), size: 2 };

describe("T13: a digest", () => {
  const bad = [
    "sha256:../..",
    "",
    "sha256",
    `sha256:${"a".repeat(63)}`,
    `sha256:${"a".repeat(65)}`,
    `sha256:${"A".repeat(64)}`,
    "sha256:%2f%2e",
    `sha256:${"a".repeat(64)}\n`,
    `SHA256:${"a".repeat(64)}`,
    "md5:d41d8cd98f00b204e9800998ecf8427e",
  ];

  it.each(bad)("%j is rejected", (text) => {
    expect(isDigest(text)).toBe(false);
    expect(() =>
      successors(
        encode(JSON.stringify({ schemaVersion: 2, config, layers: [{ ...blob, digest: text }] })),
        MediaType.ociManifest,
      ),
    ).toThrow(FormatError);
  });
});

describe("T14: a manifest requested by digest", () => {
  it.each(["the requested digest", "its own digest", undefined])(
    "is refused when its bytes differ, whatever digest the header names (%s)",
    async (says) => {
      const other = encode(JSON.stringify({ schemaVersion: 2, config, layers: [] }));
      const header =
        says === undefined
          ? {}
          : { "docker-content-digest": says === "its own digest" ? digestOf(other) : blob.digest };
      const script = (): Script => (_got, response) =>
        void response.writeHead(200, { ...header, "content-type": MediaType.ociManifest }).end(other);
      await besieged({ script }, async ({ source }) => {
        const wanted = { digest: blob.digest, mediaType: MediaType.ociManifest };
        expect(await failureOf(source.fetchManifest(wanted, signal))).toMatchObject({ code: "DIGEST_INVALID" });
      });
    },
  );
});

describe("T15: a document with two meanings", () => {
  const child = { ...blob, mediaType: MediaType.ociManifest };

  it.each<[string, object, string]>([
    ["an image with manifests", { config, layers: [], manifests: [child] }, MediaType.ociManifest],
    ["an index with layers", { manifests: [child], layers: [blob] }, MediaType.ociIndex],
    ["an index with a config", { manifests: [], config }, MediaType.ociIndex],
    ["an index served as an image", { mediaType: MediaType.ociIndex, config, layers: [] }, MediaType.ociManifest],
    ["an image served as an index", { mediaType: MediaType.ociManifest, manifests: [] }, MediaType.ociIndex],
  ])("(%s) is refused", (_what, fields, mediaType) => {
    const document = encode(JSON.stringify({ schemaVersion: 2, ...fields }));
    expect(() => successors(document, manifestTypeOf(document, mediaType))).toThrow(FormatError);
  });
});

describe("T16, T33: an endless answer", () => {
  const endless =
    (status: number, headers: Record<string, string>, sent: { bytes: number }): Script =>
    (_got, response) => {
      response.writeHead(status, headers);
      const piece = Buffer.alloc(65_536, " ");
      const more = (): void => {
        while (!response.destroyed && sent.bytes < 2 ** 30) {
          sent.bytes += piece.byteLength;
          if (!response.write(piece)) return void response.once("drain", more);
        }
      };
      more();
    };

  it.each([
    ["a manifest", 200, 16],
    ["an error", 404, 16],
    ["an error of another kind", 403, 16],
  ] as const)("(%s, HTTP %d) is cut off after a few megabytes", async (_what, status, megabytes) => {
    const sent = { bytes: 0 };
    await besieged(
      { script: () => endless(status, { "content-type": MediaType.ociManifest }, sent) },
      async ({ source }) => {
        await Promise.allSettled([source.fetchManifest({ digest: blob.digest }, signal)]);
        expect(sent.bytes).toBeLessThan(megabytes * 2 ** 20);
      },
    );
  });

  it("(a blob longer than its descriptor) is cut off", async () => {
    const sent = { bytes: 0 };
    await besieged({ script: () => endless(200, {}, sent) }, async ({ source }) => {
      const read = async (): Promise<number> => {
        await using stream = await source.openBlob(blob, signal);
        let length = 0;
        for await (const chunk of stream) length += chunk.byteLength;
        return length;
      };
      expect(await failureOf(read())).toMatchObject({ code: "SIZE_INVALID" });
      expect(sent.bytes).toBeLessThan(16 * 2 ** 20);
    });
  });

  it("(a token) is cut off", async () => {
    const sent = { bytes: 0 };
    const script = (): Script => (got, response, count) => {
      if (got.url.startsWith("/token")) return endless(200, {}, sent)(got, response, count);
      response.writeHead(401, { "www-authenticate": `Bearer realm="http://${got.headers.host}/token"` }).end();
    };
    await besieged({ script }, async ({ source }) => {
      expect(await failureOf(source.resolve(v1, signal))).toMatchObject({ operation: "get-token" });
      expect(sent.bytes).toBeLessThan(16 * 2 ** 20);
    });
  });

  it.each([2 ** 53, -1, 1.5, Number.POSITIVE_INFINITY, Number.NaN])("a descriptor of %d bytes is refused", (size) => {
    expect(Descriptor.safeParse({ ...blob, size }).success).toBe(false);
    const text = JSON.stringify({ schemaVersion: 2, config, layers: [{ ...blob, size: 0 }] }).replace(
      '"size":0',
      '"size":1e400',
    );
    expect(() => successors(encode(text), MediaType.ociManifest)).toThrow(FormatError);
  });
});

describe("T17: an image that is a bomb", () => {
  it("with a hundred children on each of many levels is abandoned after a thousand manifests", async () => {
    const fixture = replicateFixture();
    const leaves = Array.from({ length: 400 }, (_, index) => addImage(fixture.source, [`leaf ${index}`]));
    const middle = Array.from({ length: 700 }, (_, index) =>
      addIndex(fixture.source, leaves.slice(index % 300, (index % 300) + 100 + Math.floor(index / 300))),
    );
    addIndex(fixture.source, middle, "v1");
    const report = await replicateTag(copyRequest("v1"), withSettings(fixture, { referrers: false }), signal);
    expect(report).toMatchObject({ outcome: "failed", reason: "malformed-image" });
    expect(fixture.source.calls.filter(({ operation }) => operation === "fetch-manifest").length).toBeLessThanOrEqual(
      1_000,
    );
    expect(fixture.target.calls.filter(({ operation }) => operation.startsWith("put-"))).toEqual([]);
  });

  it("with ten thousand levels is abandoned after eight", async () => {
    const fixture = replicateFixture();
    let digest = addImage(fixture.source, ["deep"]);
    for (let level = 0; level < 10_000; level++)
      digest = addIndex(fixture.source, [digest], level === 9_999 ? "v1" : undefined);
    expect(await replicateTag(copyRequest("v1"), fixture, signal)).toMatchObject({ outcome: "failed" });
    expect(fixture.source.calls.length).toBeLessThan(50);
  });
});

describe("T18: JSON that is a trap", () => {
  it.each([
    ["a prototype to set", '{"schemaVersion":2,"__proto__":{"layers":[]},"config":1}'],
    ["a constructor", '{"schemaVersion":2,"constructor":{"prototype":{"polluted":1}},"config":1}'],
    ["a million brackets", "[".repeat(1_000_000)],
    ["a million braces", '{"a":'.repeat(1_000_000)],
    ["a byte order mark", '\ufeff{"schemaVersion":2}'],
    ["nothing", ""],
    ["a number", "7"],
  ])("(%s) is refused with a message, and pollutes no prototype", (_what, text) => {
    expect(() => successors(encode(text), MediaType.ociManifest)).toThrow(FormatError);
    expect(Object.prototype).not.toHaveProperty("polluted");
    expect(readErrorBody(encode(text)).code).toBeUndefined();
  });

  it("that is not UTF-8 is refused", () => {
    expect(() => successors(Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d), MediaType.ociManifest)).toThrow(FormatError);
  });

  it("means the last of two equal keys, as every client reads it", () => {
    const text = `{"schemaVersion":2,"layers":[${JSON.stringify(blob)}],"config":${JSON.stringify(config)},"layers":[]}`;
    expect(successors(encode(text), MediaType.ociManifest).blobs.map(({ digest }) => digest)).toEqual([config.digest]);
  });

  it("is either parsed or refused with a FormatError, whatever it is (property)", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const error = failureIn(() => successors(encode(text), MediaType.ociManifest));
        return error === undefined || error instanceof FormatError;
      }),
      { seed: 20_261_121, numRuns: 500 },
    );
  });
});

function failureIn(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("T22: line breaks in names", () => {
  it.each(["a\r\nHost: evil", "a\nb", "a b", "a\u0000b", "a%0d%0ab", "a\u2028b"])("%j match no grammar", (text) => {
    expect(() => parseRepositoryName(text)).toThrow(FormatError);
    expect(() => parseTag(text)).toThrow(FormatError);
    expect(isDigest(text)).toBe(false);
  });
});

describe("T23: an answer that smuggles another one", () => {
  it.each([
    ["two lengths", "content-length: 2\r\ncontent-length: 40\r\n\r\n{}"],
    ["a length and chunks", "content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"],
  ])("(%s) poisons no later answer", async (_what, headers) => {
    const evil = "HTTP/1.1 200 OK\r\ndocker-content-digest: sha256:evil\r\ncontent-length: 4\r\n\r\nevil";
    const good = `HTTP/1.1 200 OK\r\ncontent-type: ${MediaType.ociLayer}\r\ncontent-length: ${bytes.byteLength}\r\n\r\nan innocent layer`;
    let requests = 0;
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", () => void socket.write(requests++ === 0 ? `HTTP/1.1 200 OK\r\n${headers}${evil}` : good));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    await using connections = createConnections();
    const source = testSource({ host: addressOf(server), repository: "a" }, connections);
    try {
      for (let times = 0; times < 3; times++) {
        await using stream = await source.openBlob(blob, signal);
        const chunks: Uint8Array[] = [];
        for await (const chunk of stream) chunks.push(chunk);
        expect(Buffer.concat(chunks).toString()).toBe("an innocent layer");
      }
    } finally {
      await connections.close();
      server.close();
    }
  });
});

describe("T34: compressed bytes", () => {
  it.each(["gzip", "br", "x-unknown"])(
    "with Content-Encoding %s are verified against the digest unchanged",
    async (encoding) => {
      const script = (): Script => (_got, response) =>
        void response.writeHead(200, { "content-encoding": encoding }).end(gzipSync(bytes));
      await besieged({ script }, async ({ source }) => {
        const read = async (): Promise<unknown> => {
          await using stream = await source.openBlob(blob, signal);
          return await Array.fromAsync(stream);
        };
        expect(await failureOf(read())).toMatchObject({ code: "SIZE_INVALID" });
      });
    },
  );

  it("are never decompressed by our code", () => {
    const files = ["src", "functions"].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".ts"))
        .map((path) => join(folder, path)),
    );
    expect(files.length).toBeGreaterThan(80);
    expect(
      files.filter((path) => /node:zlib|DecompressionStream|gunzip|inflate/.test(readFileSync(path, "utf8"))),
    ).toEqual([]);
  });
});
