import { describe, expect, it } from "vitest";
import { imageOf, layer, withReferrer } from "../../../local/images/image-content.ts";
import type { ManifestContent } from "../../../local/images/image-content.ts";
import { pushImage } from "../../../local/images/push-image.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { referrersTag } from "../../../src/oci/referrers-tag.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { createRepositoryClient } from "../../../src/registry/client/repository-client.ts";
import { isListedReferrer } from "../../../src/registry/manifests/listed-referrer.ts";
import { putManifest } from "../../../src/registry/manifests/put-manifest.ts";
import { createRegistryTarget, targetThrough } from "../../../src/registry/registry-target.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import { publish } from "../../../src/replication/copy/publish-tag.ts";
import { startDockerRegistry } from "../../fixtures/real/docker-registry.ts";
import { testEndpoint, testSource } from "../../fixtures/registry-client.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import type { Script } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const repository = "signed";
const image = imageOf([layer("referrers", 1_000)], { os: "linux", architecture: "amd64" });
const subject = image.root.descriptor;

/** The image with the given number of referrers. */
function attachments(count: number): { readonly content: typeof image; readonly attached: readonly ManifestContent[] } {
  let content = image;
  for (let index = 0; index < count; index++) {
    content = withReferrer(content, `application/vnd.example.${index}`, Buffer.from(`attachment ${index}`));
  }
  return { content, attached: content.manifests.slice(image.manifests.length) };
}

describe("referrers at a registry without a referrers API", () => {
  it("are listed under the referrers tag, each once, with the fields that the specification requires", async () => {
    await using registry = await startDockerRegistry();
    await using connections = createConnections();
    const { content, attached } = attachments(2);
    await pushImage(content, { registry: registry.host, repository }, signal);
    const target = createRegistryTarget(testEndpoint({ host: registry.host, repository, side: "target" }, connections));
    for (const { descriptor, bytes } of [...attached, ...attached]) {
      await target.putManifest({ ...descriptor, bytes }, descriptor.digest, signal);
    }
    const source = testSource({ host: registry.host, repository }, connections);
    const index = await source.resolve(referrersTag(subject.digest), signal);
    const document: unknown = JSON.parse(
      Buffer.from((index && (await source.fetchManifest(index, signal)))?.bytes ?? []).toString(),
    );
    expect(document).toEqual({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: attached.map(({ descriptor: { mediaType, digest, size } }, at) => ({
        mediaType,
        digest,
        size,
        artifactType: `application/vnd.example.${at}`,
      })),
    });
  });

  it("are known as unlisted until the list names them, and as listed where the tag holds something else", async () => {
    await using registry = await startDockerRegistry();
    await using connections = createConnections();
    const { content, attached } = attachments(2);
    await pushImage(content, { registry: registry.host, repository }, signal);
    const client = createRepositoryClient(
      testEndpoint({ host: registry.host, repository, side: "target" }, connections),
    );
    const target = targetThrough(client);
    const [first, second] = attached;
    if (first === undefined || second === undefined) throw new Error("two attachments were made");
    const isListed = ({ descriptor: { digest } }: ManifestContent): Promise<boolean> =>
      isListedReferrer(client, { digest, subject: subject.digest }, signal);
    expect([await isListed(first), await isListed(second)]).toEqual([false, false]);
    await target.putManifest({ ...first.descriptor, bytes: first.bytes }, first.descriptor.digest, signal);
    expect([await isListed(first), await isListed(second)]).toEqual([true, false]);
    await putManifest(
      client,
      { ...content.root.descriptor, bytes: content.root.bytes },
      referrersTag(subject.digest),
      signal,
    );
    expect(await isListed(second)).toBe(true);
  });

  it("are complete when independent writers put many concurrently", async () => {
    await using registry = await startDockerRegistry();
    const { content, attached } = attachments(6);
    await pushImage(content, { registry: registry.host, repository }, signal);
    const writers = attached.map(async ({ descriptor, bytes }, index) => {
      await using connections = createConnections();
      const endpoint = testEndpoint({ host: registry.host, repository, side: "target" }, connections);
      const target = createRegistryTarget({ ...endpoint, random: () => ((index + 1) * 0.137) % 1 });
      await target.putManifest({ ...descriptor, bytes }, descriptor.digest, signal);
    });
    await Promise.all(writers);
    await using connections = createConnections();
    const listed = await testSource({ host: registry.host, repository }, connections).listReferrers(
      subject.digest,
      signal,
    );
    expect(listed.map(({ digest }) => digest).toSorted()).toEqual(
      attached.map(({ descriptor }) => descriptor.digest).toSorted(),
    );
  });

  const listTag = referrersTag(subject.digest);
  const listed = { mediaType: MediaType.ociManifest, digest: digestOf(Buffer.from("listed")), size: 6 };
  /** A registry that has the list under its tag, or none, and whose referrers API responds as scripted. */
  const withTag =
    (manifests: readonly object[] | undefined, api: Script): Script =>
    (got, response, count) => {
      if (got.url.includes("/referrers/")) return api(got, response, count);
      const list = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests }));
      const isThere = manifests !== undefined && got.url.includes("/manifests/");
      response.writeHead(isThere ? 200 : 404, isThere ? { "docker-content-digest": digestOf(list) } : {});
      response.end(got.method === "HEAD" ? undefined : list);
    };
  const listAt = async (script: Script) => {
    await using server = await scriptedServer(script);
    await using connections = createConnections();
    const attached = await testSource({ host: server.host, repository }, connections).listReferrers(
      subject.digest,
      signal,
    );
    return { attached, urls: server.got.map(({ url }) => url) };
  };
  const elsewhere = { location: "https://elsewhere.example/packages" };

  it.each<[string, Script]>([
    ...[400, 404, 405, 406, 410, 501].map((status): [string, Script] => [
      String(status),
      (_got, response) => void response.writeHead(status).end("no such route"),
    ]),
    ["the way to another host", (_got, response) => void response.writeHead(303, elsewhere).end()],
    ["a page for people", (_got, response) => void response.end("<!doctype html>")],
    ["{}", (_got, response) => void response.end("{}")],
    ["null", (_got, response) => void response.end("null")],
  ])("is looked for under the tag when the API is answered with %s", async (_what, api) => {
    const { attached, urls } = await listAt(withTag([listed], api));
    expect(attached).toEqual([listed]);
    expect(urls).toContain(`/v2/${repository}/manifests/${listTag}`);
    expect((await listAt(withTag(undefined, api))).attached).toEqual([]);
  });

  it.each([401, 403, 500, 503])(
    "is looked for under the tag when the API is answered with %d, and not known without",
    async (status) => {
      const api: Script = (_got, response) => void response.writeHead(status).end();
      expect((await listAt(withTag([listed], api))).attached).toEqual([listed]);
      await expect(listAt(withTag(undefined, api))).rejects.toMatchObject({
        category: "permanent",
        operation: "list-referrers",
        message: expect.stringContaining(`HTTP ${status}`),
      });
    },
  );

  it("are deferred when the registry is busy", async () => {
    const api: Script = (_got, response) => void response.writeHead(429, { "retry-after": "9" }).end();
    await expect(listAt(withTag([listed], api))).rejects.toMatchObject({ category: "deferred", status: 429 });
  });

  it("are empty when the referrers tag names an image, and unknown when the list cannot be read", async () => {
    const none: Script = (_got, response) => void response.writeHead(404).end();
    await expect(listAt(withTag([{ size: 1 }], none))).rejects.toMatchObject({
      category: "permanent",
      operation: "list-referrers",
    });
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, config: listed, layers: [] }));
    const { attached } = await listAt((got, response) => {
      const isTag = got.url.includes("/manifests/");
      response.writeHead(isTag ? 200 : 404, isTag ? { "docker-content-digest": digestOf(bytes) } : {});
      response.end(got.method === "HEAD" ? undefined : bytes);
    });
    expect(attached).toEqual([]);
  });
});

describe("a referrer at a registry that maintains the list itself", () => {
  it("is put without a referrers tag", async () => {
    await using server = await scriptedServer((_got, response) => {
      response.writeHead(201, { "oci-subject": subject.digest }).end();
    });
    await using connections = createConnections();
    const target = createRegistryTarget(testEndpoint({ host: server.host, repository, side: "target" }, connections));
    const [attached] = attachments(1).attached;
    if (attached === undefined) throw new Error("one is attached");
    await target.putManifest({ ...attached.descriptor, bytes: attached.bytes }, parseTag("sig"), signal);
    expect(server.got.map(({ url }) => url.split("/").at(-1))).toEqual([attached.descriptor.digest, "sig"]);
  });
});

describe("a referrer whose put gets a response without a subject", () => {
  it.each([
    ["lists nothing", [], true],
    ["lists it", undefined, false],
  ])("is written into the list under the tag, unless the API lists it (it %s)", async (_what, manifests, isWritten) => {
    const [attached] = attachments(1).attached;
    if (attached === undefined) throw new Error("one is attached");
    let list: Buffer = Buffer.from("");
    await using server = await scriptedServer((got, response) => {
      if (got.url.includes("/referrers/")) {
        return void response.end(JSON.stringify({ manifests: manifests ?? [attached.descriptor] }));
      }
      if (got.method === "PUT") {
        if (got.url.endsWith(referrersTag(subject.digest))) list = got.body;
        return void response.writeHead(201).end();
      }
      response.writeHead(list.byteLength > 0 ? 200 : 404).end(got.method === "HEAD" ? undefined : list);
    });
    await using connections = createConnections();
    const target = createRegistryTarget(testEndpoint({ host: server.host, repository, side: "target" }, connections));
    await target.putManifest({ ...attached.descriptor, bytes: attached.bytes }, attached.descriptor.digest, signal);
    expect(list.includes(attached.descriptor.digest)).toBe(isWritten);
  });
});

describe("a put that fails because the registry briefly denies having the content", () => {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, config: image.root.descriptor, layers: [] }));
  const manifest = { mediaType: MediaType.ociManifest, digest: digestOf(bytes), bytes };
  const denial = JSON.stringify({ errors: [{ code: "MANIFEST_BLOB_UNKNOWN" }] });

  it.each([
    [3, "is retried for some seconds", "put"],
    [4, "fails after that", "MANIFEST_BLOB_UNKNOWN"],
  ])("(%i times) %s", async (denials, _what, code) => {
    const waits: number[] = [];
    const clock = { ...systemClock, sleep: (ms: number) => Promise.resolve(void waits.push(ms)) };
    await using server = await scriptedServer(
      (_got, response, count) => void response.writeHead(count < denials ? 404 : 201).end(denial),
    );
    await using connections = createConnections();
    const endpoint = testEndpoint({ host: server.host, repository, side: "target" }, connections);
    const put = createRegistryTarget({ ...endpoint, clock }).putManifest(manifest, parseTag("v1"), signal);
    const ended = await put.then(
      () => "put",
      (error: unknown) => (error instanceof RegistryError ? error.code : "another failure"),
    );
    expect(ended).toBe(code);
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(2_000);
  });
});

describe("the list of referrers", () => {
  const [attached] = attachments(1).attached;
  if (attached === undefined) throw new Error("one is attached");
  const manifest = { ...attached.descriptor, bytes: attached.bytes };
  const listTag = referrersTag(subject.digest);

  it.each([
    ["an image", "application/vnd.oci.image.manifest.v1+json", { schemaVersion: 2, config: subject, layers: [] }],
    ["a list with an entry of no digest", "application/vnd.oci.image.index.v1+json", { manifests: [{ size: 1 }] }],
  ])("is not written over %s that has its tag, and that is final", async (_what, type, document) => {
    const bytes = Buffer.from(JSON.stringify(document));
    await using server = await scriptedServer((got, response) => {
      if (got.method === "PUT") return void response.writeHead(201).end();
      if (!got.url.includes("/manifests/")) return void response.writeHead(404).end();
      const headers = { "content-type": type, "docker-content-digest": digestOf(bytes) };
      response.writeHead(200, { ...headers, "content-length": bytes.byteLength }).end(bytes);
    });
    await using connections = createConnections();
    const target = createRegistryTarget(testEndpoint({ host: server.host, repository, side: "target" }, connections));
    await expect(target.putManifest(manifest, parseTag("sig"), signal)).rejects.toMatchObject({
      category: "permanent",
      operation: "list-referrers",
      code: "REFERRERS_TAG_TAKEN",
    });
    const puts = server.got.filter(({ method }) => method === "PUT").map(({ url }) => url.split("/").at(-1));
    expect(puts).toEqual([manifest.digest]);
  });

  it("fails the put before the tag exists when it cannot be written", async () => {
    await using server = await scriptedServer((got, response) => {
      const isList = got.url.endsWith(listTag);
      if (got.method === "PUT") return void response.writeHead(isList ? 500 : 201).end();
      response.writeHead(got.url.includes(manifest.digest) ? 200 : 404).end();
    });
    await using connections = createConnections();
    const target = createRegistryTarget(testEndpoint({ host: server.host, repository, side: "target" }, connections));
    const published = publish(target, { manifest, reference: parseTag("sig") }, systemClock, signal);
    await expect(published).rejects.toMatchObject({ operation: "list-referrers", category: "deferred" });
    expect(server.got.some(({ url }) => url.endsWith("/sig"))).toBe(false);
  });
});
