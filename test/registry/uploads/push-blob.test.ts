import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import type { BlobStream } from "../../../src/oci/image-source.ts";
import type { ImageTarget } from "../../../src/oci/image-target.ts";
import { parseRepositoryName } from "../../../src/oci/reference.ts";
import { createRegistryTarget } from "../../../src/registry/registry-target.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import type { Got, Script } from "../../fixtures/servers/scripted-server.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";

const signal = AbortSignal.timeout(600_000);
const body = randomBytes(200_000);
const blob: Descriptor = { mediaType: "application/octet-stream", digest: digestOf(body), size: body.byteLength };

function streamOf(bytes: Uint8Array): BlobStream {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += 50_000) yield await Promise.resolve(bytes.subarray(at, at + 50_000));
  }
  return { [Symbol.asyncIterator]: pieces, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function against(
  script: Script,
  check: (target: ImageTarget, got: readonly Got[]) => Promise<void>,
): Promise<void> {
  await using server = await scriptedServer(script);
  await using connections = createConnections();
  await check(
    createRegistryTarget(testEndpoint({ host: server.host, repository: "a", side: "target" }, connections)),
    server.got,
  );
}

const open = (): Promise<BlobStream> => Promise.resolve(streamOf(body));
const of = (got: readonly Got[], method: string): Got[] => got.filter((entry) => entry.method === method);

/** Opens sessions and takes blobs. */
const accept: Script = (got, response) => {
  if (got.method === "POST") return void response.writeHead(202, { location: "/somewhere/else?state=1" }).end();
  response.writeHead(got.method === "PUT" ? 201 : 404).end();
};

describe("an upload", () => {
  it("is one POST and one PUT with the exact length, at the location of the session", async () => {
    await against(accept, async (target, got) => {
      expect(await target.pushBlob(blob, { open }, signal)).toEqual({ kind: "uploaded" });
      expect(got.map(({ method }) => method)).toEqual(["POST", "PUT"]);
      expect(got[0]?.headers["content-length"]).toBe("0");
      expect(got[1]?.url).toBe(`/somewhere/else?state=1&digest=${encodeURIComponent(blob.digest)}`);
      expect(got[1]?.headers).toMatchObject({
        "content-length": String(blob.size),
        "content-type": "application/octet-stream",
      });
      expect(got[1]?.headers["transfer-encoding"]).toBeUndefined();
      expect(Buffer.compare(got[1]!.body, body)).toBe(0);
    });
  });

  it("of no bytes has a Content-Length of 0", async () => {
    const empty = { ...blob, digest: digestOf(new Uint8Array()), size: 0 };
    await against(accept, async (target, got) => {
      await target.pushBlob(empty, { open: () => Promise.resolve(streamOf(new Uint8Array())) }, signal);
      expect(got[1]?.headers["content-length"]).toBe("0");
    });
  });

  it("is not needed when a mount is granted, and uses the same session when not", async () => {
    const mountFrom = parseRepositoryName("other/repository");
    await against(
      (_got, response) => void response.writeHead(201).end(),
      async (target, got) => {
        expect(await target.pushBlob(blob, { open, mountFrom }, signal)).toEqual({ kind: "mounted" });
        expect(got[0]?.url).toContain(`mount=${encodeURIComponent(blob.digest)}&from=other%2Frepository`);
      },
    );
    await against(accept, async (target) =>
      expect(await target.pushBlob(blob, { open, mountFrom }, signal)).toEqual({ kind: "uploaded" }),
    );
  });

  it.each([400, 403, 404, 405, 500, 503])("is sent when a mount is answered with %d", async (status) => {
    const mountFrom = parseRepositoryName("other/repository");
    await against(
      (got, response, count) =>
        got.url.includes("mount=") ? void response.writeHead(status).end() : accept(got, response, count),
      async (target) => expect(await target.pushBlob(blob, { open, mountFrom }, signal)).toEqual({ kind: "uploaded" }),
    );
  });

  it("whose response is lost is found by a HEAD, and not sent twice", async () => {
    await against(
      (got, response, count) => {
        if (got.method === "PUT") return void response.destroy();
        if (got.method === "HEAD") return void response.writeHead(200, { "content-length": blob.size }).end();
        return accept(got, response, count);
      },
      async (target, got) => {
        expect(await target.pushBlob(blob, { open }, signal)).toEqual({ kind: "uploaded" });
        expect(of(got, "PUT")).toHaveLength(1);
      },
    );
  });

  it("whose response is lost is checked again when the HEAD fails as well, and not sent twice", async () => {
    let questions = 0;
    await against(
      (got, response, count) => {
        if (got.method === "PUT" || (got.method === "HEAD" && questions++ === 0)) return void response.destroy();
        if (got.method === "HEAD") return void response.writeHead(200, { "content-length": blob.size }).end();
        return accept(got, response, count);
      },
      async (target, got) => {
        expect(await target.pushBlob(blob, { open }, signal)).toEqual({ kind: "uploaded" });
        expect([of(got, "PUT").length, of(got, "HEAD").length]).toEqual([1, 2]);
      },
    );
  });

  it("that the registry has lost starts again in a new session", async () => {
    let puts = 0;
    await against(
      (got, response, count) => {
        if (got.method === "PUT" && puts++ === 0) {
          return void response
            .writeHead(404)
            .end(JSON.stringify({ errors: [{ code: "BLOB_UPLOAD_UNKNOWN", message: "gone" }] }));
        }
        return accept(got, response, count);
      },
      async (target, got) => {
        await target.pushBlob(blob, { open }, signal);
        expect(of(got, "POST")).toHaveLength(2);
        expect(Buffer.compare(of(got, "PUT")[1]!.body, body)).toBe(0);
      },
    );
  });

  it("is never sent to a host that is not configured", async () => {
    await using canary = await scriptedServer((_got, response) => void response.writeHead(201).end());
    await against(
      (_got, response) => void response.writeHead(202, { location: `http://${canary.host}/upload` }).end(),
      async (target) => {
        await expect(target.pushBlob(blob, { open }, signal)).rejects.toMatchObject({ category: "permanent" });
        expect(canary.got).toEqual([]);
      },
    );
  });

  it("fails with the error of the source when the source breaks, and cancels its session", async () => {
    const broken = (): Promise<BlobStream> =>
      Promise.resolve({
        async *[Symbol.asyncIterator]() {
          yield await Promise.resolve(body.subarray(0, 10));
          throw new Error("the source is away");
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      });
    await against(accept, async (target, got) => {
      await expect(target.pushBlob(blob, { open: broken }, signal)).rejects.toThrow("the source is away");
      expect(of(got, "DELETE").length).toBeGreaterThan(0);
      expect(of(got, "PUT").every((put) => put.body.byteLength < blob.size)).toBe(true);
    });
  });

  it("that its caller does not allow to resend checks once whether the blob arrived, and ends with the failure", async () => {
    let isWhole = false;
    const once = async (): Promise<BlobStream> => {
      const stream = await open();
      async function* bytes(): AsyncGenerator<Uint8Array> {
        yield* stream;
        isWhole = true;
      }
      return { [Symbol.asyncIterator]: bytes, [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose]() };
    };
    const fail: Script = (got, response, count) =>
      got.method === "PUT" ? void response.writeHead(504).end() : accept(got, response, count);
    await against(fail, async (target, got) => {
      const pushed = target.pushBlob(blob, { open: once, mayResend: () => !isWhole }, signal);
      await expect(pushed).rejects.toMatchObject({ category: "deferred", status: 504, operation: "put-blob" });
      expect(of(got, "PUT")).toHaveLength(1);
      expect(of(got, "HEAD")).toHaveLength(1);
    });
  });

  it("that its caller does not allow to resend succeeds when only the response was lost", async () => {
    const lost: Script = (got, response, count) => {
      if (got.method === "PUT") return void response.writeHead(504).end();
      return got.method === "HEAD"
        ? void response.writeHead(200, { "content-length": String(blob.size) }).end()
        : accept(got, response, count);
    };
    await against(lost, async (target, got) => {
      const pushed = target.pushBlob(blob, { open, mayResend: () => false }, signal);
      expect(await pushed).toEqual({ kind: "uploaded" });
      expect(of(got, "PUT")).toHaveLength(1);
    });
  });

  it("ends promptly when it is aborted", async () => {
    const stop = new AbortController();
    await against(
      (got, response, count) => (got.method === "PUT" ? stop.abort(new Error("enough")) : accept(got, response, count)),
      async (target) => expect(target.pushBlob(blob, { open }, stop.signal)).rejects.toThrow("enough"),
    );
  });

  it("of too many requests is deferred for as long as the registry asks", async () => {
    await against(
      (_got, response) =>
        void response
          .writeHead(429, { "retry-after": "7" })
          .end(JSON.stringify({ errors: [{ code: "TOOMANYREQUESTS" }] })),
      async (target, got) => {
        await expect(target.pushBlob(blob, { open }, signal)).rejects.toMatchObject({
          category: "deferred",
          retryAfterMs: 7_000,
          side: "target",
        });
        expect(got).toHaveLength(1);
      },
    );
  });
});
