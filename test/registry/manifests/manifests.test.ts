import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import type { ImageSource } from "../../../src/oci/image-source.ts";
import { MANIFEST_MAX_BYTES } from "../../../src/oci/manifest.ts";
import { MANIFEST_ACCEPT, MediaType } from "../../../src/oci/media-type.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { createRepositoryClient } from "../../../src/registry/client/repository-client.ts";
import { retryAfterMs } from "../../../src/registry/errors/retry-after.ts";
import { redact } from "../../../src/registry/redaction/redact.ts";
import { listTags } from "../../../src/registry/listings/list-tags.ts";
import type { ManifestWanted } from "../../../src/oci/image-source.ts";
import type { Connections } from "../../../src/registry/http/connections.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import type { Got, Script } from "../../fixtures/servers/scripted-server.ts";
import { testEndpoint, testSource } from "../../fixtures/registry-client.ts";

const signal = AbortSignal.timeout(600_000);
const tag = parseTag("v1");
const bytes = Buffer.from('{ "schemaVersion": 2,\n  "odd":   true }');
const descriptor = { mediaType: MediaType.ociManifest, digest: digestOf(bytes), size: bytes.byteLength };
const resolved = { mediaType: descriptor.mediaType, digest: descriptor.digest };

async function against(
  script: Script,
  check: (source: ImageSource, got: readonly Got[], host: string) => Promise<void>,
): Promise<void> {
  await using server = await scriptedServer(script);
  await using connections = createConnections();
  await check(testSource({ host: server.host, repository: "a/b" }, connections), server.got, server.host);
}

const answer =
  (body: Uint8Array, headers: Record<string, string> = {}): Script =>
  (got, response) =>
    void response
      .writeHead(200, {
        "content-type": `${descriptor.mediaType}; charset=utf-8`,
        "content-length": body.byteLength,
        ...headers,
      })
      .end(got.method === "HEAD" ? undefined : body);

describe("resolving a tag", () => {
  it("is one HEAD that accepts every type of manifest, so that no registry converts it", async () => {
    await against(answer(bytes, { "docker-content-digest": descriptor.digest }), async (source, got) => {
      expect(await source.resolve(tag, signal)).toEqual(resolved);
      expect(got.map(({ method, headers }) => [method, headers.accept])).toEqual([["HEAD", MANIFEST_ACCEPT]]);
    });
  });

  it("hashes the bytes itself when the registry names no digest", async () => {
    await against(answer(bytes), async (source) => expect(await source.resolve(tag, signal)).toEqual(resolved));
  });

  it.each(["0", "17"])("takes the digest from a HEAD whose length is %s bytes", async (length) => {
    const headers = { "docker-content-digest": descriptor.digest, "content-type": descriptor.mediaType };
    await against(
      (got, response) =>
        got.method === "HEAD"
          ? void response.writeHead(200, { ...headers, "content-length": length }).end()
          : void response.writeHead(200, headers).end(bytes),
      async (source) => {
        const found = await source.resolve(tag, signal);
        expect(found && (await source.fetchManifest(found, signal))?.digest).toBe(descriptor.digest);
      },
    );
  });

  it.each([400, 403, 405, 501])("sends a GET when a HEAD gets %d", async (status) => {
    await against(
      (got, response, count) =>
        got.method === "HEAD" ? void response.writeHead(status).end() : void answer(bytes)(got, response, count),
      async (source, got) => {
        expect(await source.resolve(tag, signal)).toEqual(resolved);
        expect(got.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
      },
    );
  });

  it("sends a GET when a HEAD names another digest than the requested one, and trusts the bytes", async () => {
    const other = digestOf(Buffer.from("other"));
    await against(answer(bytes, { "docker-content-digest": other }), async (source) => {
      expect(await source.resolve(descriptor.digest, signal)).toEqual(resolved);
      await expect(source.resolve(digestOf(Buffer.from("third")), signal)).rejects.toMatchObject({
        code: "DIGEST_INVALID",
      });
    });
  });

  it("returns undefined for 404, and retries after a transient failure", async () => {
    await against(
      (_got, response, count) => void response.writeHead(count === 0 ? 502 : 404).end(),
      async (source, got) => {
        expect(await source.resolve(tag, signal)).toBeUndefined();
        expect(got).toHaveLength(2);
      },
    );
  });

  it("defers after three failures in a row", async () => {
    await against(
      (_got, response) => void response.writeHead(500).end("<html>oops</html>"),
      async (source, got) => {
        await expect(source.resolve(tag, signal)).rejects.toMatchObject({ category: "deferred", status: 500 });
        expect(got).toHaveLength(3);
      },
    );
  });
});

describe("fetching a manifest", () => {
  it("returns the exact bytes", async () => {
    await against(answer(bytes), async (source) => {
      const manifest = await source.fetchManifest(descriptor, signal);
      expect(Buffer.compare(manifest!.bytes, bytes)).toBe(0);
    });
  });

  it("trusts its own hash, whatever the header says", async () => {
    await against(answer(Buffer.from("{}"), { "docker-content-digest": descriptor.digest }), async (source) => {
      await expect(source.fetchManifest(descriptor, signal)).rejects.toMatchObject({
        category: "permanent",
        code: "DIGEST_INVALID",
      });
    });
  });

  it.each<[string, string | undefined]>([
    ["another type", MediaType.ociIndex],
    ["application/json", "application/json"],
    ["no type", undefined],
  ])("takes what it says itself where it is served as %s", async (_what, served) => {
    const own = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MediaType.dockerManifest, layers: [] }));
    const wanted: ManifestWanted = { mediaType: MediaType.ociManifest, digest: digestOf(own), size: own.byteLength };
    const script: Script = (_got, response) => {
      response.writeHead(200, served === undefined ? {} : { "content-type": served }).end(own);
    };
    await against(script, async (source) => {
      expect((await source.fetchManifest(wanted, signal))?.mediaType).toBe(MediaType.dockerManifest);
    });
  });

  it("requests it without compression, and ignores a Content-Encoding on bytes that are right", async () => {
    await against(answer(bytes, { "content-encoding": "gzip" }), async (source, got) => {
      expect((await source.fetchManifest(descriptor, signal))?.digest).toBe(descriptor.digest);
      expect(got[0]?.headers["accept-encoding"]).toBe("identity");
    });
  });

  it("recognizes a signed image of schema 1: its digest is not that of its bytes", async () => {
    const signed = Buffer.from(JSON.stringify({ schemaVersion: 1, fsLayers: [], signatures: [] }));
    await against(answer(signed, { "content-type": "application/json" }), async (source) => {
      await expect(source.fetchManifest(descriptor, signal)).rejects.toThrow(/schema 1/);
    });
  });

  it("stops reading after 4 MiB, and sends no request when the descriptor exceeds that", async () => {
    await against(answer(Buffer.alloc(MANIFEST_MAX_BYTES + 1)), async (source, got) => {
      await expect(source.fetchManifest(descriptor, signal)).rejects.toMatchObject({ code: "SIZE_INVALID" });
      await expect(source.fetchManifest({ ...descriptor, size: MANIFEST_MAX_BYTES + 1 }, signal)).rejects.toMatchObject(
        { code: "SIZE_INVALID" },
      );
      expect(got).toHaveLength(1);
    });
  });
});

describe("listings", () => {
  const list = async (host: string, connections: Connections): Promise<string[]> => {
    const client = createRepositoryClient(testEndpoint({ host, repository: "a/b" }, connections));
    return Array.fromAsync(listTags(client, signal));
  };

  it("follow their pages", async () => {
    await against(
      (got, response) => {
        const isLast = got.url.includes("last=");
        response.writeHead(200, isLast ? {} : { link: '</v2/a/b/tags/list?n=1000&last=v1>; rel="next"' });
        response.end(JSON.stringify({ name: "a/b", tags: isLast ? ["v2"] : ["v1"] }));
      },
      async (_source, got, host) => {
        await using connections = createConnections();
        expect(await list(host, connections)).toEqual(["v1", "v2"]);
        expect(got[0]?.url).toBe("/v2/a/b/tags/list?n=1000");
      },
    );
  });

  it("are empty for an absent repository, and a null list has no tags", async () => {
    await against(
      (_got, response, count) => void response.writeHead(count === 0 ? 404 : 200).end('{"name":"a/b","tags":null}'),
      async (_source, _got, host) => {
        await using connections = createConnections();
        expect(await list(host, connections)).toEqual([]);
        expect(await list(host, connections)).toEqual([]);
      },
    );
  });

  it("do not follow pages to another host, or endlessly", async () => {
    await using canary = await scriptedServer((_got, response) => void response.end("{}"));
    await against(
      (_got, response) =>
        void response.writeHead(200, { link: `<http://${canary.host}/x>; rel="next"` }).end('{"tags":["v1"]}'),
      async (_source, _got, host) => {
        await using connections = createConnections();
        await expect(list(host, connections)).rejects.toMatchObject({ category: "permanent" });
        expect(canary.got).toEqual([]);
      },
    );
    await against(
      (got, response) => void response.writeHead(200, { link: `<${got.url}>; rel="next"` }).end('{"tags":["v1"]}'),
      async (_source, _got, host) => {
        await using connections = createConnections();
        await expect(list(host, connections)).rejects.toThrow("more than 1000 pages");
      },
    );
  });

  it("of referrers come from the API, or from the referrers tag when there is no API", async () => {
    const index = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [descriptor] }),
    );
    await against(answer(index, { "content-type": MediaType.ociIndex }), async (source) => {
      expect(await source.listReferrers(descriptor.digest, signal)).toEqual([descriptor]);
    });
    await against(
      (got, response, count) =>
        got.url.includes("/referrers/")
          ? void response.writeHead(404).end()
          : answer(index, { "content-type": MediaType.ociIndex })(got, response, count),
      async (source, got) => {
        expect(await source.listReferrers(descriptor.digest, signal)).toEqual([descriptor]);
        expect(got[1]?.url).toBe(`/v2/a/b/manifests/${descriptor.digest.replace(":", "-")}`);
      },
    );
  });
});

describe("what registries say", () => {
  it("is read as seconds, as a date of their own clock, or not at all", () => {
    expect(retryAfterMs("7", undefined, 0)).toBe(7_000);
    expect(retryAfterMs("Sat, 21 Nov 2026 10:00:30 GMT", "Sat, 21 Nov 2026 10:00:00 GMT", 0)).toBe(30_000);
    expect(["-5", "soon", "", undefined, "NaN"].map((text) => retryAfterMs(text, undefined, 0))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(retryAfterMs("999999999", undefined, 0)).toBe(900_000);
  });

  it("has its secrets and control characters removed before it appears in messages", async () => {
    const token = `Bearer ya29.${"x".repeat(40)}`;
    const link = "https://bucket/x?X-Amz-Signature=abcdef&X-Amz-Security-Token=secret";
    expect(redact(`${token} ${link}\r\n\u001B[31mred`)).not.toMatch(/ya29\.x|abcdef|=secret|\p{Cc}/u);
    await against(
      (_got, response) =>
        void response
          .writeHead(400)
          .end(JSON.stringify({ errors: [{ code: "X", message: `you sent ${token} to ${link}` }] })),
      async (source) => {
        const error: unknown = await source.fetchManifest(descriptor, signal).catch((caught: unknown) => caught);
        expect(String(error)).toContain("you sent");
        expect(String(error)).not.toMatch(/ya29\.x|abcdef|=secret/);
      },
    );
  });
});
