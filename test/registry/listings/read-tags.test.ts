import { describe, expect, it } from "vitest";
import { parseRegistryHost } from "../../../src/oci/reference.ts";
import { createRepositoryClient } from "../../../src/registry/client/repository-client.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { readTags } from "../../../src/registry/listings/list-tags.ts";
import { tagPageSize } from "../../../src/registry/listings/tag-page-size.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);

/** Reads a listing of these pages. */
async function read(pages: readonly object[], most?: number) {
  await using server = await scriptedServer((_got, response, count) => {
    if (count + 1 < pages.length) response.setHeader("link", '</v2/app/tags/list?n=1&last=x>; rel="next"');
    response.end(JSON.stringify(pages[count]));
  });
  await using connections = createConnections();
  const client = createRepositoryClient(testEndpoint({ host: server.host, repository: "app" }, connections));
  return { ...(await readTags(client, signal, most)), requests: server.got.length };
}

const named = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe("the tags of a repository", () => {
  it("are those of all pages", async () => {
    expect(await read([{ tags: ["v1"] }, { tags: ["v2"] }])).toEqual({
      tags: new Set(["v1", "v2"]),
      isComplete: true,
      requests: 2,
    });
  });

  it("are incomplete when there are more than wanted; no further page is read", async () => {
    expect(await read([{ tags: ["v1", "v2"] }, { tags: ["v3"] }], 1)).toMatchObject({ isComplete: false, requests: 1 });
    expect(await read([{ tags: ["v1", "v2"] }], 2)).toMatchObject({ isComplete: true });
  });

  it("may be incomplete when Google lists 10,000 manifests or tags", async () => {
    const manifest = (count: number): object =>
      Object.fromEntries(named(count, "sha256:").map((digest) => [digest, {}]));
    expect((await read([{ tags: ["v1"], manifest: manifest(10_000) }])).isComplete).toBe(false);
    expect((await read([{ tags: named(10_000, "v"), manifest: manifest(1) }])).isComplete).toBe(false);
    expect((await read([{ tags: ["v1"], manifest: manifest(9_999) }])).isComplete).toBe(true);
    expect((await read([{ tags: named(10_000, "v") }])).isComplete).toBe(true);
  });

  it("are requested in pages of 1,000, which ECR allows, and of 10,000 from Google, which links to no next page", () => {
    const sizeOf = (host: string): number => tagPageSize(parseRegistryHost(host));
    expect(sizeOf("123456789012.dkr.ecr.eu-west-1.amazonaws.com")).toBe(1_000);
    expect(["europe-docker.pkg.dev", "gcr.io", "eu.gcr.io"].map(sizeOf)).toEqual([10_000, 10_000, 10_000]);
    expect(sizeOf("notgcr.io")).toBe(1_000);
  });
});
