import { randomBytes } from "node:crypto";
import { request } from "undici";
import { describe, expect, it } from "vitest";
import { startLayerBucket } from "../../local/registry/layer-bucket.ts";
import { createArtifactRegistryProfile } from "../../local/registry/profiles/artifact-registry.ts";
import { createEcrProfile } from "../../local/registry/profiles/ecr.ts";
import { createPlainProfile } from "../../local/registry/profiles/plain.ts";
import type { Profile } from "../../local/registry/profile.ts";
import type { RegistryEvent } from "../../local/registry/registry-event.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { temporaryFolder } from "../fixtures/programs.ts";

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
  readonly code: string | undefined;
}

type Ask = (
  method: string,
  path: string,
  options?: { body?: Uint8Array | string; headers?: Record<string, string> },
) => Promise<Answer>;

function asking(host: string, common: Record<string, string> = {}): Ask {
  return async (method, path, { body, headers } = {}) => {
    const url = path.startsWith("http") ? path : `http://${host}${path}`;
    const answer = await request(url, {
      method: method as "GET",
      headers: { ...common, ...headers },
      body: body ?? null,
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    const code = /"code":"(\w+)"/.exec(bytes.toString())?.[1];
    return { status: answer.statusCode, headers: answer.headers, body: bytes, code };
  };
}

async function withRegistry(
  profile: Profile,
  use: (ask: Ask, events: RegistryEvent[], host: string) => Promise<void>,
  directory?: string,
  headers?: Record<string, string>,
): Promise<void> {
  await using folder = await temporaryFolder();
  const place = directory ?? folder.path;
  const events: RegistryEvent[] = [];
  const server = await startRegistry({
    directory: place,
    files: await openRegistryFiles(place),
    profile,
    onEvent: (event) => void events.push(event),
  });
  try {
    await use(asking(server.host, headers), events, server.host);
  } finally {
    await server.close();
  }
}

const blob = randomBytes(100_000);
const digest = digestOf(blob);
const location = ({ headers }: Answer): string => String(headers["location"]);

async function putBlob(ask: Ask, bytes: Uint8Array = blob, name = "a/b"): Promise<Answer> {
  const started = await ask("POST", `/v2/${name}/blobs/uploads/`, { headers: { "content-length": "0" } });
  const separator = location(started).includes("?") ? "&" : "?";
  return ask("PUT", `${location(started)}${separator}digest=${digestOf(bytes)}`, { body: bytes });
}

function imageOf(bytes: Uint8Array = blob, more: object = {}): Buffer {
  const descriptor = { mediaType: MediaType.ociLayer, digest: digestOf(bytes), size: bytes.byteLength };
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: { ...descriptor, mediaType: MediaType.ociConfig },
      layers: [descriptor],
      ...more,
    }),
  );
}

const put = (
  ask: Ask,
  reference: string,
  bytes: Uint8Array,
  name = "a/b",
  type: string = MediaType.ociManifest,
): Promise<Answer> =>
  ask("PUT", `/v2/${name}/manifests/${reference}`, { body: bytes, headers: { "content-type": type } });

describe("a registry of the specification", () => {
  it("takes a blob in POST and PUT, and gives it whole, in part, or not at all", async () => {
    await withRegistry(createPlainProfile(), async (ask) => {
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

  it("takes a blob in chunks that follow each other, and refuses one that does not", async () => {
    await withRegistry(createPlainProfile(), async (ask) => {
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

  it("takes a blob in one POST, one of no bytes, and one of sha512", async () => {
    await withRegistry(createPlainProfile(), async (ask) => {
      expect((await ask("POST", `/v2/a/b/blobs/uploads/?digest=${digest}`, { body: blob })).status).toBe(201);
      expect((await putBlob(ask, new Uint8Array())).status).toBe(201);
      const long = digestOf(blob, "sha512");
      const at = location(await ask("POST", "/v2/a/b/blobs/uploads/"));
      expect((await ask("PUT", `${at}?digest=${long}`, { body: blob })).status).toBe(201);
      expect((await ask("HEAD", `/v2/a/b/blobs/${long}`)).status).toBe(200);
    });
  });

  it("refuses bytes that are not the digest's, and keeps nothing of them", async () => {
    await withRegistry(createPlainProfile(), async (ask) => {
      const at = location(await ask("POST", "/v2/a/b/blobs/uploads/"));
      expect((await ask("PUT", `${at}?digest=${digest}`, { body: "other bytes" })).code).toBe("DIGEST_INVALID");
      expect((await ask("HEAD", `/v2/a/b/blobs/${digest}`)).status).toBe(404);
    });
  });

  it("mounts what another repository has, and opens a session for what none has", async () => {
    await withRegistry(createPlainProfile(), async (ask) => {
      await putBlob(ask);
      expect((await ask("POST", `/v2/c/blobs/uploads/?mount=${digest}&from=a/b`)).status).toBe(201);
      expect((await ask("HEAD", `/v2/c/blobs/${digest}`)).status).toBe(200);
      expect((await ask("POST", `/v2/c/blobs/uploads/?mount=sha256:${"0".repeat(64)}&from=a/b`)).status).toBe(202);
    });
  });

  it("keeps a manifest's bytes under tag and digest, and says so once", async () => {
    await withRegistry(createPlainProfile(), async (ask, events) => {
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
    await withRegistry(createPlainProfile(), async (ask) => {
      await putBlob(ask);
      expect(await put(ask, reference, bytes())).toMatchObject({ status, code });
    });
  });

  it("lists tags in pages and referrers by type, and forgets what is deleted", async () => {
    await withRegistry(createPlainProfile(), async (ask) => {
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

  it("has everything again when it is started anew on its folder", async () => {
    await using folder = await temporaryFolder();
    await withRegistry(
      createPlainProfile(),
      async (ask) => {
        await putBlob(ask);
        await put(ask, "v1", imageOf());
      },
      folder.path,
    );
    await withRegistry(
      createPlainProfile(),
      async (ask) => {
        expect((await ask("GET", "/v2/a/b/manifests/v1")).status).toBe(200);
        expect((await ask("GET", `/v2/a/b/blobs/${digest}`)).body.byteLength).toBe(blob.byteLength);
      },
      folder.path,
    );
  });

  it("publishes nothing of an upload that breaks off", async () => {
    await withRegistry(createPlainProfile(), async (ask, _events, host) => {
      const at = location(await ask("POST", "/v2/a/b/blobs/uploads/"));
      async function* broken(): AsyncGenerator<Buffer> {
        yield await Promise.resolve(blob.subarray(0, 50_000));
        throw new Error("broken");
      }
      const { Readable } = await import("node:stream");
      const failed = request(`http://${host}${at}?digest=${digest}`, {
        method: "PUT",
        headers: { "content-length": "100000" },
        body: Readable.from(broken()),
      });
      await expect(failed).rejects.toThrow();
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
    await withRegistry(createPlainProfile(), async (ask) => {
      const { status, code } = await ask("GET", path);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(code).toBeDefined();
    });
  });
});

describe("an ECR-like registry", () => {
  it("sends blob downloads to another origin whose links expire, are for GET, and bear no other credentials", async () => {
    await using folder = await temporaryFolder();
    const files = await openRegistryFiles(folder.path);
    let now = 1_000_000;
    const bucket = await startLayerBucket(files, () => now);
    const server = await startRegistry({
      directory: folder.path,
      files,
      profile: createEcrProfile({ password: "pw", bucket }),
    });
    const authorization = `Basic ${Buffer.from("AWS:pw").toString("base64")}`;
    const ask = asking(server.host, { authorization });
    const anyone = asking(server.host);
    const refused = await anyone("GET", "/v2/");
    expect([refused.status, refused.headers["www-authenticate"]]).toEqual([
      401,
      `Basic realm="http://${server.host}/",service="ecr.amazonaws.com"`,
    ]);
    await putBlob(ask);
    const moved = await ask("GET", `/v2/a/b/blobs/${digest}`);
    expect([moved.status, new URL(location(moved)).host]).toEqual([307, bucket.host]);
    const link = location(moved);
    expect(Buffer.compare((await anyone("GET", link)).body, blob)).toBe(0);
    expect((await anyone("GET", link, { headers: { range: "bytes=5-9" } })).status).toBe(206);
    expect((await anyone("GET", link, { headers: { authorization } })).body.toString()).toContain(
      "Only one auth mechanism allowed",
    );
    expect((await anyone("HEAD", link)).status).toBe(403);
    expect((await anyone("GET", link.replace(/Signature=./, "Signature=0"))).status).toBe(403);
    now += 3_601_000;
    expect((await anyone("GET", link)).body.toString()).toContain("Request has expired");
    await server.close();
    await bucket.close();
  });

  it("converts a pull by tag that does not accept the stored type, never one by digest", async () => {
    await using folder = await temporaryFolder();
    const files = await openRegistryFiles(folder.path);
    const bucket = await startLayerBucket(files);
    const server = await startRegistry({
      directory: folder.path,
      files,
      profile: createEcrProfile({ password: "pw", bucket }),
    });
    const ask = asking(server.host, { authorization: `Basic ${Buffer.from("AWS:pw").toString("base64")}` });
    await putBlob(ask);
    const image = imageOf();
    await put(ask, "v1", image);
    const docker = { headers: { accept: MediaType.dockerManifest } };
    const converted = await ask("GET", "/v2/a/b/manifests/v1", docker);
    expect([converted.headers["content-type"], converted.headers["docker-content-digest"] === digestOf(image)]).toEqual(
      [MediaType.dockerManifest, false],
    );
    expect((await ask("GET", `/v2/a/b/manifests/${digestOf(image)}`, docker)).headers["content-type"]).toBe(
      MediaType.ociManifest,
    );
    expect((await ask("GET", "/v2/a/b/tags/list?n=1001")).status).toBe(400);
    expect((await ask("GET", "/v2/none/manifests/v1")).body.toString()).toContain(
      "The repository with name 'none' does not exist in the registry with id '123456789012'",
    );
    await server.close();
    await bucket.close();
  });
});

describe("an Artifact-Registry-like registry", () => {
  const profile = createArtifactRegistryProfile({ repositories: ["p/r"], verifyToken: (token) => token === "good" });
  const name = "p/r/app";
  const bearer = { authorization: "Bearer good" };

  it("says who may come in, as the live service does", async () => {
    await withRegistry(profile, async (ask, _events, host) => {
      const anonymous = await ask("GET", `/v2/${name}/manifests/v1`);
      expect(anonymous.headers["www-authenticate"]).toBe(
        `Bearer realm="http://${host}/v2/token",service="${host}",scope="repository:${name}:pull"`,
      );
      const bad = await ask("GET", `/v2/${name}/manifests/v1`, { headers: { authorization: "Bearer bad" } });
      expect([bad.status, bad.headers["www-authenticate"]]).toEqual([401, undefined]);
      const basic = `Basic ${Buffer.from("oauth2accesstoken:good").toString("base64")}`;
      expect((await ask("GET", "/v2/", { headers: { authorization: basic } })).status).toBe(200);
      expect(
        JSON.parse((await ask("GET", "/v2/token", { headers: { authorization: basic } })).body.toString()).token,
      ).toBe("good");
      expect((await ask("GET", "/v2/foo/manifests/latest", { headers: bearer })).body.toString()).toContain(
        "invalid number of path components: 1",
      );
      const unknown = await ask("POST", "/v2/p/other/app/blobs/uploads/", {
        headers: { ...bearer, "content-length": "0" },
      });
      expect([unknown.status, unknown.code]).toEqual([403, "DENIED"]);
    });
  });

  it("takes an upload in one piece only, outside of /v2/, and never grants a mount", async () => {
    await withRegistry(
      profile,
      async (ask) => {
        const started = await ask("POST", `/v2/${name}/blobs/uploads/?mount=${digest}&from=p/r/x`);
        expect([started.status, location(started)]).toEqual([
          202,
          expect.stringMatching(/^\/artifacts-uploads\/namespaces\/p\/repositories\/r\/uploads\/[\w-]+$/),
        ]);
        const first = await ask("PATCH", location(started), { body: blob });
        expect([first.status, location(first)]).toEqual([
          202,
          expect.stringMatching(/^\/v2\/p\/r\/pkg\/blobs\/uploads\/[\w-]+$/),
        ]);
        expect((await ask("PATCH", location(first), { body: "more" })).status).toBe(405);
        expect((await ask("PUT", `${location(first)}?digest=${digest}`)).status).toBe(201);
        expect((await ask("HEAD", `/v2/p/r/other/blobs/${digest}`)).status).toBe(200);
        expect((await ask("GET", `/v2/${name}/blobs/${digest}`)).status).toBe(302);
        await put(ask, "v1", imageOf(), name);
        const { tags, manifest } = JSON.parse((await ask("GET", `/v2/${name}/tags/list`)).body.toString());
        expect([tags, Object.keys(manifest)]).toEqual([["v1"], [digestOf(imageOf())]]);
      },
      undefined,
      bearer,
    );
  });

  it("refuses to move a tag where tags are immutable", async () => {
    await withRegistry(
      { ...profile, immutableTags: true },
      async (ask) => {
        await putBlob(ask, blob, name);
        expect((await put(ask, "v1", imageOf(), name)).status).toBe(201);
        const moved = await put(ask, "v1", imageOf(blob, { annotations: { a: "b" } }), name);
        expect([moved.status, moved.body.toString()]).toEqual([400, expect.stringContaining("tag immutability")]);
      },
      undefined,
      bearer,
    );
  });
});
