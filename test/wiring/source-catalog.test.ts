import { describe, expect, it } from "vitest";
import { specificationProfile } from "../../local/registry/profiles/specification.ts";
import { parseConfiguration } from "../../src/contract/configuration/configuration.ts";
import { parseRepositoryName, parseTag } from "../../src/oci/reference.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { fixedCredentials } from "../../src/registry/credentials/credentials.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import { createSourceCatalog } from "../../src/wiring/listings/source-catalog.ts";
import { createRegistries } from "../../src/wiring/registries.ts";
import { blob, imageOf, put, putBlob, withRegistry } from "../fixtures/servers/local-registry.ts";

const signal = AbortSignal.timeout(600_000);
const name = parseRepositoryName("app");

/** The catalog of a registry without a list of repositories, below `team`. */
async function catalogOf(host: string, connections: ReturnType<typeof createConnections>, now = () => 0) {
  const configuration = parseConfiguration({
    version: 1,
    source: {
      kind: "generic",
      account: "123456789012",
      region: "eu-central-1",
      registry: host,
      plainHttp: true,
      prefix: "team",
    },
    destinations: [{ name: "there", kind: "generic", registry: "registry.example", prefix: "mirror" }],
    rules: [{ repositories: ["app", "tools/*"], destinations: ["there"] }],
  });
  const credentials = () => fixedCredentials({ kind: "anonymous" });
  const registries = createRegistries({ configuration, connections, credentials });
  return createSourceCatalog(configuration, registries, undefined, { now });
}

describe("the catalog of a source that is no ECR registry", () => {
  it("has the repositories that rules name, where the registry lists none, and their tags without a time", async () => {
    await withRegistry(specificationProfile, async (ask, _events, host) => {
      await using connections = createConnections();
      const catalog = await catalogOf(host, connections);
      await putBlob(ask, blob, "team/app");
      await put(ask, "v1", imageOf(), "team/app");
      expect(await catalog.repositories(signal)).toEqual(["app"]);
      const image = { digest: digestOf(imageOf()), pushedAt: 0 };
      expect(await Array.fromAsync(catalog.tags(name, signal))).toEqual([{ tag: "v1", ...image }]);
      expect(await catalog.image(name, parseTag("v1"), signal)).toEqual(image);
      expect(await catalog.sourceTag(name, parseTag("v1"), signal)).toEqual({ kind: "present", ...image });
    });
  });

  it("calls a tag absent only when the repository shows others: a hidden one answers the same", async () => {
    await withRegistry(specificationProfile, async (ask, _events, host) => {
      await using connections = createConnections();
      const catalog = await catalogOf(host, connections);
      await expect(catalog.sourceTag(name, parseTag("v2"), signal)).rejects.toThrow("proves nothing");
      await putBlob(ask, blob, "team/app");
      await put(ask, "v1", imageOf(), "team/app");
      expect(await catalog.sourceTag(name, parseTag("v2"), signal)).toEqual({ kind: "absent" });
    });
  });

  it("lists a repository once for all tags that are due within a minute, and asks about each of them", async () => {
    await withRegistry(specificationProfile, async (ask, _events, host) => {
      await using connections = createConnections();
      const paths: string[] = [];
      const send: typeof connections.send = (request) => {
        paths.push(`${request.method} ${request.path}`);
        return connections.send(request);
      };
      let time = 0;
      const catalog = await catalogOf(host, { ...connections, send }, () => time);
      await putBlob(ask, blob, "team/app");
      await put(ask, "v1", imageOf(), "team/app");
      const due = Array.from({ length: 20 }, (_, index) => parseTag(`due-${index}`));
      const askAll = (): Promise<unknown[]> => Promise.all(due.map((tag) => catalog.sourceTag(name, tag, signal)));
      const count = (path: string): number => paths.filter((each) => each.includes(path)).length;
      expect(await askAll()).toEqual(due.map(() => ({ kind: "absent" })));
      await askAll();
      expect([count("/tags/list"), count("HEAD /v2/team/app/manifests/due-")]).toEqual([1, 40]);
      // A tag that came back is found by its own request.
      await put(ask, "due-3", imageOf(), "team/app");
      expect(await catalog.sourceTag(name, parseTag("due-3"), signal)).toMatchObject({ kind: "present" });
      time = 60_000;
      await askAll();
      expect(count("/tags/list")).toBe(2);
    });
  });
});
