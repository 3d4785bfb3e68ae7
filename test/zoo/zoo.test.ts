import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pushImage } from "../../local/images/push-image.ts";
import { specificationProfile } from "../../local/registry/profiles/specification.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import { verifyTag } from "../../local/verify.ts";
import { parseTag } from "../../src/oci/reference.ts";
import { createRegistrySource } from "../../src/registry/registry-source.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import { replicateTag } from "../../src/replication/copy/replicate-tag.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { testEndpoint, testSource } from "../fixtures/registry-client.ts";
import { copyRequest, replicateFixture, withSettings } from "../fixtures/replicate-context.ts";
import { zoo } from "../fixtures/images/zoo.ts";

const signal = AbortSignal.timeout(600_000);
const tag = parseTag("v1");
const animals = zoo();
const close: (() => PromiseLike<void>)[] = [];
let hosts: { source: string; target: string };

beforeAll(async () => {
  const start = async (): Promise<string> => {
    const folder = await temporaryFolder();
    const files = await openRegistryFiles(folder.path);
    const server = await startRegistry({ directory: folder.path, files, profile: specificationProfile });
    close.push(
      () => server.close(),
      async () => folder[Symbol.asyncDispose](),
    );
    return server.host;
  };
  hosts = { source: await start(), target: await start() };
});

afterAll(async () => {
  for (const end of close) await end();
});

describe("the zoo", () => {
  it("has at least forty kinds of image", () => {
    expect(new Set(animals.map(({ name }) => name)).size).toBeGreaterThanOrEqual(40);
  });

  it.each(animals.map((animal, index) => ({ ...animal, repository: `zoo/animal-${index}` })))(
    "$name is equal at both ends, byte for byte",
    async ({ image, repository }) => {
      await using connections = createConnections();
      await pushImage(image, { registry: hosts.source, repository, tag: "v1" }, signal);
      const from = testEndpoint({ host: hosts.source, repository }, connections);
      const to = testEndpoint({ host: hosts.target, repository, side: "target" }, connections);
      const source = createRegistrySource(from);
      const context = withSettings(replicateFixture(), { source, target: createRegistryTarget(to) });
      const report = await replicateTag(copyRequest("v1"), context, signal);
      expect(report).toMatchObject({ outcome: "replicated", digest: image.root.descriptor.digest });
      const target = testSource({ host: hosts.target, repository }, connections);
      const verified = await verifyTag(source, target, tag, signal);
      expect(verified.manifests).toBe(new Set(image.manifests.map(({ descriptor }) => descriptor.digest)).size);
      for (const { descriptor, bytes } of image.manifests) {
        const manifest = await target.fetchManifest(descriptor, signal);
        expect(Buffer.compare(manifest?.bytes ?? Buffer.alloc(0), bytes)).toBe(0);
      }
    },
  );
});
