import { ECRClient, UpdateImageStorageClassCommand } from "@aws-sdk/client-ecr";
import { describe, expect, it } from "vitest";
import { startEcrApi } from "../../local/emulators/ecr-api.ts";
import { LOCAL_ACCOUNT, LOCAL_AWS } from "../../local/emulators/local-aws.ts";
import { createPlainProfile } from "../../local/registry/profiles/plain.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import { createEcrCatalog } from "../../src/aws/ecr-catalog.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { parseRepositoryName } from "../../src/oci/reference.ts";
import { asking, imageOf, put, putBlob } from "../fixtures/local-registry.ts";
import { temporaryFolder } from "../fixtures/programs.ts";
import { scriptedServer } from "../fixtures/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const NAME = parseRepositoryName("a/b");

async function registryWithApi() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const files = await openRegistryFiles(folder.path);
  const server = await startRegistry({ directory: folder.path, files, profile: createPlainProfile() });
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
  it("has every repository and every tag, page by page, with the time of its push", async () => {
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

  it("leaves out what is in the archive, which cannot be pulled, until it is restored", async () => {
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

  it("that cannot be read says which permission to check, and is asked again later", async () => {
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
