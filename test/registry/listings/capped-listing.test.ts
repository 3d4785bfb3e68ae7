import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import type { TaggedDigest } from "../../../src/oci/tag-listing.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { createTagListing } from "../../../src/registry/tags-with-digests.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const digest = digestOf(Buffer.from("image"));
const WHOLE = Array.from({ length: 9 }, (_, at): TaggedDigest => ({ tag: parseTag(`t${at}`), digest }));

/** The tags found when a registry lists `count` tags, two per page, and another, complete listing is used from six tags on. */
async function listed(count: number): Promise<readonly string[]> {
  await using server = await scriptedServer(({ url }, response) => {
    const page = Number(new URL(url, "http://x").searchParams.get("page") ?? 0);
    const isLast = 2 * (page + 1) >= count;
    const names = [2 * page, 2 * page + 1].filter((at) => at < count).map((at) => `t${at}`);
    response.writeHead(200, isLast ? {} : { link: `</v2/a/tags/list?page=${page + 1}>; rel="next"` });
    response.end(JSON.stringify({ manifest: { [digest]: { tag: names } }, tags: names }));
  });
  await using connections = createConnections();
  async function* list(): AsyncGenerator<TaggedDigest> {
    yield* await Promise.resolve(WHOLE);
  }
  const endpoint = testEndpoint({ host: server.host, repository: "a", side: "target" }, connections);
  const found = await Array.fromAsync(createTagListing(endpoint, { minEntries: 6, list })(signal));
  return [...new Set(found.map(({ tag }) => tag ?? ""))];
}

describe("a truncated listing of tags", () => {
  it("is replaced by a complete listing, also when no single page is full", async () => {
    expect(await listed(6)).toEqual(WHOLE.map(({ tag }) => tag));
  });

  it("is accepted when it is shorter than the registry's limit", async () => {
    expect(await listed(5)).toEqual(["t0", "t1", "t2", "t3", "t4"]);
  });
});
