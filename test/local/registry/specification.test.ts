import { setTimeout as sleep } from "node:timers/promises";
import { Readable } from "node:stream";
import { randomBytes } from "node:crypto";
import { request } from "undici";
import { specificationProfile } from "../../../local/registry/profiles/specification.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { describe, expect, it } from "vitest";
import { blob, digest, imageOf, location, put, putBlob, withRegistry } from "../../fixtures/servers/local-registry.ts";

describe("a registry of the specification", () => {
  it("accepts a blob by POST and PUT, and returns all of it, a range, or 404", async () => {
    await withRegistry(specificationProfile, async (ask) => {
      expect((await putBlob(ask)).status).toBe(201);
      expect((await ask("HEAD", `/v2/a/b/blobs/${digest}`)).headers["content-length"]).toBe("100000");
      expect(Buffer.compare((await ask("GET", `/v2/a/b/blobs/${digest}`)).body, blob)).toBe(0);
      const part = await ask("GET", `/v2/a/b/blobs/${digest}`, { headers: { range: "bytes=99990-" } });
      expect([part.status, part.headers["content-range"], part.body.byteLength]).toEqual([
        206,
        "bytes 99990-99999/100000",
        10,
      ]);
      expect((await ask("GET", `/v2/a/b/blobs/${digest}`, { headers: { range: "bytes=100000-" } })).status).toBe(416);
      expect((await ask("GET", `/v2/other/blobs/${digest}`)).code).toBe("BLOB_UNKNOWN");
    });
  });

  it("accepts a blob in consecutive chunks, and refuses a chunk out of order", async () => {
    await withRegistry(specificationProfile, async (ask) => {
      let at = location(await ask("POST", "/v2/a/b/blobs/uploads/"));
      const first = await ask("PATCH", at, { body: blob.subarray(0, 60_000), headers: { "content-range": "0-59999" } });
      expect([first.status, first.headers["range"]]).toEqual([202, "0-59999"]);
      at = location(first);
      const wrong = await ask("PATCH", at, { body: blob.subarray(0, 10), headers: { "content-range": "0-9" } });
      expect([wrong.status, wrong.headers["range"]]).toEqual([416, "0-59999"]);
      const status = await ask("GET", at);
      expect([status.status, status.headers["range"]]).toEqual([204, "0-59999"]);
      const last = await ask("PUT", `${at}?digest=${digest}`, { body: blob.subarray(60_000) });
      expect(last.status).toBe(201);
      expect((await ask("GET", at)).code).toBe("BLOB_UPLOAD_UNKNOWN");
    });
  });

  it("accepts a blob in one POST, an empty blob, and one of sha512", async () => {
    await withRegistry(specificationProfile, async (ask) => {
      expect((await ask("POST", `/v2/a/b/blobs/uploads/?digest=${digest}`, { body: blob })).status).toBe(201);
      expect((await putBlob(ask, new Uint8Array())).status).toBe(201);
      const long = digestOf(blob, "sha512");
      const at = location(await ask("POST", "/v2/a/b/blobs/uploads/"));
      expect((await ask("PUT", `${at}?digest=${long}`, { body: blob })).status).toBe(201);
      expect((await ask("HEAD", `/v2/a/b/blobs/${long}`)).status).toBe(200);
    });
  });

  it("refuses bytes that do not match the digest, and stores none of them", async () => {
    await withRegistry(specificationProfile, async (ask) => {
      const at = location(await ask("POST", "/v2/a/b/blobs/uploads/"));
      expect((await ask("PUT", `${at}?digest=${digest}`, { body: "other bytes" })).code).toBe("DIGEST_INVALID");
      expect((await ask("HEAD", `/v2/a/b/blobs/${digest}`)).status).toBe(404);
    });
  });

  it("mounts a blob that another repository has, and opens a session for any other blob", async () => {
    await withRegistry(specificationProfile, async (ask) => {
      await putBlob(ask);
      expect((await ask("POST", `/v2/c/blobs/uploads/?mount=${digest}&from=a/b`)).status).toBe(201);
      expect((await ask("HEAD", `/v2/c/blobs/${digest}`)).status).toBe(200);
      expect((await ask("POST", `/v2/c/blobs/uploads/?mount=sha256:${"0".repeat(64)}&from=a/b`)).status).toBe(202);
    });
  });

  it("keeps a manifest's bytes under tag and digest, and says so once", async () => {
    await withRegistry(specificationProfile, async (ask, events) => {
      await putBlob(ask);
      const bytes = imageOf();
      const stored = await put(ask, "v1", bytes);
      expect([stored.status, stored.headers["docker-content-digest"]]).toEqual([201, digestOf(bytes)]);
      for (const reference of ["v1", digestOf(bytes)]) {
        const got = await ask("GET", `/v2/a/b/manifests/${reference}`);
        expect(Buffer.compare(got.body, bytes)).toBe(0);
        expect(got.headers["content-type"]).toBe(MediaType.ociManifest);
      }
      expect(events.filter(({ kind }) => kind === "manifest-stored")).toEqual([
        expect.objectContaining({ tag: "v1", digest: digestOf(bytes), artifactMediaType: MediaType.ociConfig }),
      ]);
    });
  });

  it.each<[string, () => Buffer, string, number, string]>([
    ["no JSON", () => Buffer.from("{"), "v1", 400, "MANIFEST_INVALID"],
    ["blobs that are missing", () => imageOf(randomBytes(3)), "v1", 400, "MANIFEST_BLOB_UNKNOWN"],
    ["another digest than its name", () => imageOf(), `sha256:${"0".repeat(64)}`, 400, "DIGEST_INVALID"],
    ["a tag outside the grammar", () => imageOf(), "v%201", 400, "TAG_INVALID"],
    ["more than 4 MiB", () => Buffer.alloc(4 * 1024 * 1024 + 1, 32), "v1", 413, "MANIFEST_INVALID"],
    ["manifests beside layers", () => imageOf(blob, { manifests: [] }), "v1", 400, "MANIFEST_INVALID"],
  ])("refuses a manifest of %s", async (_case, bytes, reference, status, code) => {
    await withRegistry(specificationProfile, async (ask) => {
      await putBlob(ask);
      expect(await put(ask, reference, bytes())).toMatchObject({ status, code });
    });
  });

  it("lists tags in pages and referrers by type, without deleted ones", async () => {
    await withRegistry(specificationProfile, async (ask) => {
      await putBlob(ask);
      const image = imageOf();
      for (const tag of ["b", "a", "c"]) await put(ask, tag, image);
      const page = await ask("GET", "/v2/a/b/tags/list?n=2");
      expect([JSON.parse(page.body.toString()).tags, page.headers["link"]]).toEqual([
        ["a", "b"],
        '</v2/a/b/tags/list?n=2&last=b>; rel="next"',
      ]);
      expect(JSON.parse((await ask("GET", "/v2/a/b/tags/list?last=b")).body.toString()).tags).toEqual(["c"]);
      const subject = { mediaType: MediaType.ociManifest, digest: digestOf(image), size: image.byteLength };
      const referrer = imageOf(blob, { subject, artifactType: "application/x", annotations: { who: "me" } });
      const stored = await put(ask, digestOf(referrer), referrer);
      expect(stored.headers["oci-subject"]).toBe(digestOf(image));
      const list = async (query: string): Promise<object[]> =>
        JSON.parse((await ask("GET", `/v2/a/b/referrers/${digestOf(image)}${query}`)).body.toString()).manifests;
      expect(await list("")).toEqual([
        {
          mediaType: MediaType.ociManifest,
          digest: digestOf(referrer),
          size: referrer.byteLength,
          artifactType: "application/x",
          annotations: { who: "me" },
        },
      ]);
      expect(await list("?artifactType=application/y")).toEqual([]);
      expect((await ask("DELETE", `/v2/a/b/manifests/${digestOf(referrer)}`)).status).toBe(202);
      expect(await list("")).toEqual([]);
      expect((await ask("DELETE", "/v2/a/b/manifests/a")).status).toBe(202);
      expect((await ask("GET", "/v2/a/b/manifests/a")).code).toBe("MANIFEST_UNKNOWN");
    });
  });

  it("has all its content again when it is restarted on its folder", async () => {
    await using folder = await temporaryFolder();
    await withRegistry(
      specificationProfile,
      async (ask) => {
        await putBlob(ask);
        await put(ask, "v1", imageOf());
      },
      folder.path,
    );
    await withRegistry(
      specificationProfile,
      async (ask) => {
        expect((await ask("GET", "/v2/a/b/manifests/v1")).status).toBe(200);
        expect((await ask("GET", `/v2/a/b/blobs/${digest}`)).body.byteLength).toBe(blob.byteLength);
      },
      folder.path,
    );
  });

  it("reports how many bytes it has received, without omission", async () => {
    await withRegistry(specificationProfile, async (ask, events) => {
      await putBlob(ask, randomBytes(2_000_000));
      const told = events.flatMap((event) => (event.kind === "blob-progress" ? [event.bytes] : []));
      expect(told.reduce((sum, bytes) => sum + bytes, 0)).toBe(2_000_000);
    });
  });

  it("publishes nothing of an aborted upload", async () => {
    await withRegistry(specificationProfile, async (ask, _events, host) => {
      const at = location(await ask("POST", "/v2/a/b/blobs/uploads/"));
      async function* broken(): AsyncGenerator<Buffer> {
        yield await Promise.resolve(blob.subarray(0, 50_000));
        throw new Error("broken");
      }
      const failed = request(`http://${host}${at}?digest=${digest}`, {
        method: "PUT",
        headers: { "content-length": "100000" },
        body: Readable.from(broken()),
      });
      await expect(failed).rejects.toThrow();
      expect((await ask("HEAD", `/v2/a/b/blobs/${digest}`)).status).toBe(404);
    });
  });

  it("has no blob of an upload that was cancelled during the transfer", async () => {
    await withRegistry(specificationProfile, async (ask, _events, host) => {
      const at = location(await ask("POST", "/v2/a/b/blobs/uploads/"));
      async function* interrupted(): AsyncGenerator<Buffer> {
        yield await Promise.resolve(blob.subarray(0, 50_000));
        await sleep(50);
        expect((await ask("DELETE", at)).status).toBe(204);
        yield blob.subarray(50_000);
      }
      const answer = await request(`http://${host}${at}?digest=${digest}`, {
        method: "PUT",
        headers: { "content-length": "100000" },
        body: Readable.from(interrupted()),
      });
      await answer.body.dump();
      expect(answer.statusCode).toBe(404);
      expect((await ask("HEAD", `/v2/a/b/blobs/${digest}`)).status).toBe(404);
    });
  });

  it.each([
    "/v2/../etc/passwd/manifests/v1",
    "/v2/A/manifests/v1",
    "/v2/a/blobs/sha256:..%2F..%2Fx",
    "/v2/nothing",
    "/elsewhere",
  ])("answers %s with an error of the specification", async (path) => {
    await withRegistry(specificationProfile, async (ask) => {
      const { status, code } = await ask("GET", path);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(code).toBeDefined();
    });
  });
});
