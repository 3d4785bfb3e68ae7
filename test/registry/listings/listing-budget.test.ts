import { describe, expect, it } from "vitest";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { createRegistrySource } from "../../../src/registry/registry-source.ts";
import { createTagListing } from "../../../src/registry/tags-with-digests.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const digestAt = (at: number): `sha256:${string}` => `sha256:${at.toString(16).padStart(64, "0")}`;

describe("the budget of a listing", () => {
  it("returns the first ten thousand of many attachments, and one more to show that there are more", async () => {
    const entries = Array.from({ length: 150_000 }, (_, at) => `{"mediaType":"a","digest":"${digestAt(at)}","size":1}`);
    await using server = await scriptedServer((_got, response) => {
      response.end(`{"manifests":[${entries.join(",")}]}`);
    });
    await using connections = createConnections();
    const source = createRegistrySource(testEndpoint({ host: server.host, repository: "a" }, connections));
    expect(await source.listReferrers(digestAt(1), signal)).toHaveLength(10_001);
  });

  it("ends an endless listing of tags, counted over all its pages", async () => {
    const tags = Array.from({ length: 100_000 }, (_, at) => `t${at}`);
    const page = JSON.stringify({ manifest: { [digestAt(1)]: { tag: tags } } });
    await using server = await scriptedServer((_got, response, count) => {
      response.writeHead(200, { link: `</v2/a/tags/list?p=${count}>; rel="next"` }).end(page);
    });
    await using connections = createConnections();
    const listing = createTagListing(testEndpoint({ host: server.host, repository: "a", side: "target" }, connections));
    const reading = (async () => {
      for await (const _ of listing(signal));
    })();
    await expect(reading).rejects.toMatchObject({
      category: "permanent",
      operation: "list-tags",
      message: expect.stringContaining("more than 500000 entries"),
    });
    expect(server.got).toHaveLength(5);
    expect(server.got[0]?.url).toBe("/v2/a/tags/list?n=1000");
  });
});
