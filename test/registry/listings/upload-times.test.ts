import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { createRepositoryClient } from "../../../src/registry/client/repository-client.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { readerThrough } from "../../../src/registry/registry-reader.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const DIGEST = digestOf(new TextEncoder().encode("image"));

/** Asks a registry with this listing for the time of an image. */
async function timeIn(listing: object, listsTimes = true): Promise<{ time: number | undefined; requests: number }> {
  await using server = await scriptedServer((_got, response) => void response.end(JSON.stringify(listing)));
  await using connections = createConnections();
  const client = createRepositoryClient(testEndpoint({ host: server.host, repository: "app" }, connections));
  const time = await readerThrough(client, listsTimes).pushedAt(DIGEST, signal);
  return { time, requests: server.got.length };
}

describe("the time at which a registry received an image", () => {
  it("is in Google's listing, as text", async () => {
    const manifest = { [DIGEST]: { timeUploadedMs: "1700000000123", tag: ["v1"] } };
    expect(await timeIn({ manifest, tags: ["v1"] })).toEqual({ time: 1_700_000_000_123, requests: 1 });
  });

  it.each([
    ["absent", { tags: ["v1"] }],
    ["zero", { manifest: { [DIGEST]: { timeUploadedMs: "0" } } }],
    ["no number", { manifest: { [DIGEST]: { timeUploadedMs: "yesterday" } } }],
    ["that of another image", { manifest: { "sha256:other": { timeUploadedMs: "1" } } }],
  ])("is not known when it is %s", async (_what, listing) => {
    expect((await timeIn(listing)).time).toBeUndefined();
  });

  it("is not asked for where the listing has no times", async () => {
    expect(await timeIn({}, false)).toEqual({ time: undefined, requests: 0 });
  });
});
