import {
  ECRClient,
  ListImageReferrersCommand,
  ListImagesCommand,
  UpdateImageStorageClassCommand,
} from "@aws-sdk/client-ecr";
import { describe, expect, it } from "vitest";
import { startEcrApi } from "../../../local/emulators/ecr-api.ts";
import { LOCAL_ACCOUNT, LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { specificationProfile } from "../../../local/registry/profiles/specification.ts";
import { openRegistryFiles, startRegistry } from "../../../local/registry/registry-server.ts";
import { createEcrCatalog } from "../../../src/aws/ecr/ecr-catalog.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import type { Tag } from "../../../src/oci/reference.ts";
import { asking, imageOf, put, putBlob } from "../../fixtures/servers/local-registry.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const TYPE = "application/vnd.oci.image.manifest.v1+json";
const NAME = parseRepositoryName("a/b");

async function registryWithApi() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const files = await openRegistryFiles(folder.path);
  const server = await startRegistry({ directory: folder.path, files, profile: specificationProfile });
  stack.defer(() => server.close());
  const api = await startEcrApi({ password: "", proxyEndpoint: "http://x", catalog: server.catalog });
  stack.defer(() => api.close());
  const client = new ECRClient({ ...LOCAL_AWS, endpoint: `http://${api.host}`, maxAttempts: 1 });
  stack.defer(() => client.destroy());
  const catalog = createEcrCatalog(client, LOCAL_ACCOUNT);
  const tags = () => Array.fromAsync(catalog.tags(NAME, signal));
  return { ask: asking(server.host), client, catalog, tags, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("the catalog of an ECR registry", () => {
  it("lists every repository and every tag, page by page, with the time of its push", async () => {
    await using registry = await registryWithApi();
    await putBlob(registry.ask);
    const before = Date.now();
    for (let tag = 0; tag < 5; tag++) {
      await put(registry.ask, `v${tag}`, imageOf(undefined, { annotations: { tag: String(tag) } }));
    }
    await put(registry.ask, "also-v0", imageOf(undefined, { annotations: { tag: "0" } }));
    expect(await registry.catalog.repositories(signal)).toEqual([NAME]);
    const tags = await registry.tags();
    expect(tags.map(({ tag }) => String(tag)).toSorted()).toEqual(["also-v0", "v0", "v1", "v2", "v3", "v4"]);
    expect(tags.every(({ pushedAt }) => pushedAt >= before - 1_000)).toBe(true);
  });

  it("omits archived images, which cannot be pulled, until they are restored", async () => {
    await using registry = await registryWithApi();
    await putBlob(registry.ask);
    await put(registry.ask, "v1", imageOf());
    const imageId = { imageDigest: digestOf(imageOf()) };
    const move = (targetStorageClass: "ARCHIVE" | "STANDARD") =>
      registry.client.send(new UpdateImageStorageClassCommand({ repositoryName: NAME, imageId, targetStorageClass }));
    await move("ARCHIVE");
    expect(await registry.tags()).toEqual([]);
    expect((await registry.ask("HEAD", `/v2/${NAME}/manifests/v1`)).status).toBe(404);
    const before = Date.now();
    await move("STANDARD");
    const [restored] = await registry.tags();
    expect(restored?.restoredAt).toBeGreaterThanOrEqual(before - 1_000);
    expect((await registry.ask("HEAD", `/v2/${NAME}/manifests/v1`)).status).toBe(200);
  });

  it("finds one image by its tag or digest among others, and none where it does not exist", async () => {
    await using registry = await registryWithApi();
    await putBlob(registry.ask);
    const [first, second] = [imageOf(), imageOf(undefined, { annotations: { tag: "v2" } })];
    await put(registry.ask, "v1", first);
    await put(registry.ask, "v2", second);
    const digestFound = async (reference: Tag | Digest) =>
      (await registry.catalog.image(NAME, reference, signal))?.digest;
    expect(await digestFound(parseTag("v2"))).toBe(digestOf(second));
    expect(await digestFound(digestOf(second))).toBe(digestOf(second));
    expect(await digestFound(parseTag("v1"))).toBe(digestOf(first));
    expect(await digestFound(parseTag("v3"))).toBeUndefined();
    expect(await registry.catalog.image(parseRepositoryName("no/such"), parseTag("v1"), signal)).toBeUndefined();
  });

  it("says of one tag that it is present, absent or archived, and fails where the repository does not exist", async () => {
    await using registry = await registryWithApi();
    await putBlob(registry.ask);
    await put(registry.ask, "v1", imageOf());
    const imageId = { imageDigest: digestOf(imageOf()) };
    const stateOf = async (tag: string, name = NAME) =>
      (await registry.catalog.sourceTag(name, parseTag(tag), signal)).kind;
    expect([await stateOf("v1"), await stateOf("v2")]).toEqual(["present", "absent"]);
    await registry.client.send(
      new UpdateImageStorageClassCommand({ repositoryName: NAME, imageId, targetStorageClass: "ARCHIVE" }),
    );
    expect(await stateOf("v1")).toBe("archived");
    await expect(stateOf("v1", parseRepositoryName("no/such"))).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
  });

  it("lists untagged images, and the subjects of referrers", async () => {
    await using registry = await registryWithApi();
    await putBlob(registry.ask);
    const [image, untagged] = [imageOf(), imageOf(undefined, { annotations: { tag: "none" } })];
    const { digest, size } = { digest: digestOf(image), size: image.byteLength };
    const signature = imageOf(undefined, {
      artifactType: "application/x.sig",
      subject: { mediaType: TYPE, digest, size },
    });
    await put(registry.ask, "v1", image);
    for (const bytes of [untagged, signature]) await put(registry.ask, digestOf(bytes), bytes);
    const seen = (await registry.tags()).map(({ tag, digest, subject }) => [tag, digest, subject]);
    expect(seen).toEqual([
      ["v1", digest, undefined],
      [undefined, digestOf(untagged), undefined],
      [undefined, digestOf(signature), digest],
    ]);
    const ofStatus = async (tagStatus: "TAGGED" | "UNTAGGED") => {
      const command = new ListImagesCommand({ repositoryName: NAME, filter: { tagStatus } });
      return (await registry.client.send(command)).imageIds?.map(({ imageDigest, imageTag }) => [
        imageDigest,
        imageTag,
      ]);
    };
    expect(await ofStatus("TAGGED")).toEqual([[digest, "v1"]]);
    expect(await ofStatus("UNTAGGED")).toEqual([
      [digestOf(untagged), undefined],
      [digestOf(signature), undefined],
    ]);
    const attached = new ListImageReferrersCommand({ repositoryName: NAME, subjectId: { imageDigest: digest } });
    expect((await registry.client.send(attached)).referrers).toEqual([
      expect.objectContaining({ digest: digestOf(signature), artifactType: "application/x.sig" }),
    ]);
  });

  it("is deferred when it cannot be read, and the error says which permission to check", async () => {
    await using server = await scriptedServer((_got, response) => {
      response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
      response.end('{"__type":"AccessDeniedException","message":"no"}');
    });
    const client = new ECRClient({ ...LOCAL_AWS, endpoint: `http://${server.host}`, maxAttempts: 1 });
    await expect(createEcrCatalog(client, LOCAL_ACCOUNT).repositories(signal)).rejects.toMatchObject({
      side: "source",
      operation: "list-tags",
      category: "deferred",
      message: expect.stringContaining("ecr:DescribeRepositories"),
    });
    client.destroy();
  });
});
