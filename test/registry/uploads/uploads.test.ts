import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import type { BlobStream } from "../../../src/oci/image-source.ts";
import type { ImageTarget } from "../../../src/oci/image-target.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { createRegistryTarget } from "../../../src/registry/registry-target.ts";
import { commitTimeoutMs, DEFAULT_TIMEOUTS } from "../../../src/registry/http/transfer-timeouts.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import type { Got, Script } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const MIB = 1024 * 1024;
const body = randomBytes(3 * MIB);
const blob: Descriptor = { mediaType: "application/octet-stream", digest: digestOf(body), size: body.byteLength };

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.byteLength; at += 50_000) yield await Promise.resolve(body.subarray(at, at + 50_000));
}
const open = (): Promise<BlobStream> =>
  Promise.resolve({ [Symbol.asyncIterator]: pieces, [Symbol.asyncDispose]: () => Promise.resolve() });

async function against(script: Script, check: (target: ImageTarget, got: readonly Got[]) => Promise<void>) {
  await using server = await scriptedServer(script);
  await using connections = createConnections();
  const credentials = { kind: "basic", username: "me", password: "secret" } as const;
  const place = { host: server.host, repository: "a", side: "target", credentials } as const;
  await check(createRegistryTarget(testEndpoint(place, connections)), server.got);
}

const of = (got: readonly Got[], method: string): Got[] => got.filter((entry) => entry.method === method);

/** A registry that takes bodies up to a limit, in sessions that can be resumed. */
function limitedRegistry(limit: number, headers: Record<string, string> = {}) {
  const stored: Buffer[] = [];
  const length = (): number => stored.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const script: Script = (got, response) => {
    const location = "/v2/a/blobs/uploads/1?state=x";
    if (got.method === "POST") {
      stored.length = 0;
      return void response.writeHead(202, { location, ...headers }).end();
    }
    if (got.method === "GET") return void response.writeHead(204, { location, range: `0-${length() - 1}` }).end();
    if (got.method === "DELETE") return void response.writeHead(204).end();
    if (got.body.byteLength > limit) return void response.writeHead(413).end("<html>too large</html>");
    stored.push(got.body);
    if (got.method === "PUT") return void response.writeHead(201).end();
    response.writeHead(202, { location, range: `0-${length() - 1}` }).end();
  };
  return { script, stored: () => Buffer.concat(stored) };
}

describe("an upload that is redirected", () => {
  it.each([307, 308])("with %d is followed within the registry, method, body and login kept", async (status) => {
    const script: Script = (got, response) => {
      if (!got.url.startsWith("/moved")) return void response.writeHead(status, { location: `/moved${got.url}` }).end();
      if (got.method === "POST") return void response.writeHead(202, { location: "/v2/a/blobs/uploads/1" }).end();
      response.writeHead(201).end();
    };
    await against(script, async (target, got) => {
      await target.pushBlob(blob, { open }, signal);
      const bytes = Buffer.from("{}");
      const manifest = { mediaType: MediaType.ociIndex, digest: digestOf(bytes), bytes };
      const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] }));
      await target.putManifest({ ...manifest, digest: digestOf(index), bytes: index }, parseTag("v1"), signal);
      const puts = of(got, "PUT").filter(({ url }) => url.startsWith("/moved"));
      expect(puts.map((put) => put.body.byteLength)).toEqual([blob.size, index.byteLength]);
      expect(Buffer.compare(puts[0]!.body, body)).toBe(0);
      expect(got.at(-1)?.headers.authorization).toBe(got.at(-2)?.headers.authorization);
    });
  });

  it("to another host is not followed, and nothing is sent there", async () => {
    await using other = await scriptedServer((_got, response) => void response.writeHead(201).end());
    for (const method of ["POST", "PUT"]) {
      const script: Script = (got, response) => {
        if (got.method === method) return void response.writeHead(307, { location: `http://${other.host}/x` }).end();
        response.writeHead(202, { location: "/v2/a/blobs/uploads/1" }).end();
      };
      await against(script, async (target) => {
        await expect(target.pushBlob(blob, { open }, signal)).rejects.toMatchObject({ category: "permanent" });
      });
    }
    expect(other.got).toEqual([]);
  });
});

describe("the location of an upload", () => {
  it.each([
    ["?_state=a%2Fb%3D%3D&sig=x~y+z%20w&e", "&"],
    ["", "?"],
  ])("keeps its query %j to the byte", async (query, joint) => {
    const path = `/v2/a/blobs/uploads/1${query}`;
    const script: Script = (got, response) =>
      void response.writeHead(got.method === "POST" ? 202 : 201, { location: path }).end();
    await against(script, async (target, got) => {
      await target.pushBlob(blob, { open }, signal);
      expect(got.at(-1)?.url).toBe(`${path}${joint}digest=${encodeURIComponent(blob.digest)}`);
    });
  });

  it("may be relative to the URL of the response", async () => {
    const script: Script = (got, response) =>
      void response.writeHead(got.method === "POST" ? 202 : 201, { location: "session-1?x=1" }).end();
    await against(script, async (target, got) => {
      await target.pushBlob(blob, { open }, signal);
      expect(got.at(-1)?.url).toMatch(/^\/v2\/a\/blobs\/uploads\/session-1\?x=1&digest=/);
    });
  });
});

describe("a blob that is too large for one request", () => {
  it("is sent in parts that fit, and the next one at once", async () => {
    const registry = limitedRegistry(MIB);
    await against(registry.script, async (target, got) => {
      await target.pushBlob(blob, { open }, signal);
      expect(Buffer.compare(registry.stored(), body)).toBe(0);
      expect(of(got, "PATCH")[1]?.headers["content-range"]).toMatch(/^0-/);
      const before = got.length;
      await target.pushBlob(blob, { open }, signal);
      const again = got.slice(before);
      expect(of(again, "PUT").map((put) => put.body.byteLength)).toEqual([0]);
      expect(of(again, "PATCH").every((patch) => patch.body.byteLength <= MIB)).toBe(true);
    });
  });

  it("is sent in parts of the minimum size that the registry demands", async () => {
    const registry = limitedRegistry(2 * MIB + 1, { "oci-chunk-min-length": String(2 * MIB) });
    await against(registry.script, async (target, got) => {
      await target.pushBlob(blob, { open }, signal);
      expect(of(got, "PATCH").map((patch) => patch.body.byteLength)).toEqual([2 * MIB, MIB]);
    });
  });

  it("fails when no part is small enough", async () => {
    await against(limitedRegistry(1_000).script, async (target) => {
      await expect(target.pushBlob(blob, { open }, signal)).rejects.toMatchObject({
        status: 413,
        operation: "put-blob",
      });
    });
  });
});

describe("an upload that breaks", () => {
  it("in a part resumes its session with the bytes that have not arrived", async () => {
    const registry = limitedRegistry(2 * MIB);
    let breaks = 0;
    const script: Script = (got, response, count) => {
      if (got.method !== "PATCH" || breaks++ !== 1) return registry.script(got, response, count);
      // Its bytes arrive, and its response is lost.
      const sent = { ...got, body: got.body.subarray(0, 100_000) };
      const unheard = { writeHead: () => ({ end: () => response.destroy() }) };
      return registry.script(sent, Object.assign(response, unheard), count);
    };
    await against(script, async (target, got) => {
      await target.pushBlob(blob, { open }, signal);
      expect(Buffer.compare(registry.stored(), body)).toBe(0);
      expect(of(got, "POST")).toHaveLength(2);
    });
  });

  it("in its only request resumes at the offset of the session", async () => {
    const stored: Buffer[] = [];
    const location = "/v2/a/blobs/uploads/1";
    const script: Script = (got, response) => {
      if (got.method === "POST") return void response.writeHead(202, { location }).end();
      if (got.method === "HEAD") return void response.writeHead(404).end();
      if (got.method === "GET") return void response.writeHead(204, { location, range: "0-999999" }).end();
      if (got.method === "PUT" && stored.length === 0) {
        stored.push(got.body.subarray(0, 1_000_000));
        return void response.destroy();
      }
      stored.push(got.body);
      response.writeHead(got.method === "PUT" ? 201 : 202, { location }).end();
    };
    await against(script, async (target, got) => {
      await target.pushBlob(blob, { open }, signal);
      expect(Buffer.compare(Buffer.concat(stored), body)).toBe(0);
      expect(of(got, "POST")).toHaveLength(1);
      expect(of(got, "PATCH")[0]?.headers["content-range"]).toMatch(/^1000000-/);
    });
  });
});

describe("the existence check of a blob", () => {
  it.each<[string, number, Record<string, string>]>([
    ["another host", 307, { location: "http://elsewhere.example/blob" }],
    ["403", 403, {}],
    ["405", 405, {}],
    ["501", 501, {}],
    ["a length of 0", 200, { "content-length": "0" }],
  ])("proves nothing when the response is %s: the blob is sent", async (_what, status, headers) => {
    const script: Script = (_got, response) => void response.writeHead(status, headers).end();
    await against(script, async (target) => expect(await target.hasBlob(blob, signal)).toBe(false));
  });
});

describe("the response to an upload", () => {
  it("may take longer for a larger blob: minutes for some gigabytes", () => {
    expect(commitTimeoutMs(DEFAULT_TIMEOUTS, 5_000)).toBeGreaterThanOrEqual(300_000);
    expect(commitTimeoutMs(DEFAULT_TIMEOUTS, 5e9)).toBeGreaterThanOrEqual(800_000);
  });
});
