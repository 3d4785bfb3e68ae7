import { describe, expect, it } from "vitest";
import { startArtifactRegistryApi } from "../../local/emulators/artifact-registry-api.ts";
import { createArtifactRegistryProfile } from "../../local/registry/profiles/artifact-registry.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import { googlePlace } from "../../src/contract/providers/google-place.ts";
import { createGoogleTagListing, DOCKER_LISTING_MAX } from "../../src/google/tag-listing.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import { createTagListing } from "../../src/registry/tags-with-digests.ts";
import { asking, imageOf, put, putBlob } from "../fixtures/servers/local-registry.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { testEndpoint } from "../fixtures/registry-client.ts";
import { scriptedServer } from "../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const NAME = "p/r/team/app";

/** An image with so many tags, at a registry like Google's, and its API beside it. */
async function imageWithTags(count: number) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const files = await openRegistryFiles(folder.path);
  const verifyToken = (token: string): boolean => token === "good";
  const profile = createArtifactRegistryProfile({ repositories: ["p/r"], verifyToken });
  const server = await startRegistry({ directory: folder.path, files, profile });
  stack.defer(() => server.close());
  const ask = asking(server.host, { authorization: "Bearer good" });
  await putBlob(ask, undefined, NAME);
  await put(ask, "first", imageOf(), NAME);
  const state = server.catalog.find(NAME);
  const first = state?.tags.get("first") ?? digestOf(Buffer.from(""));
  for (let tag = 1; tag < count; tag++) state?.tags.set(`t${tag}`, first);
  const api = await startArtifactRegistryApi({ catalog: server.catalog, verifyToken });
  stack.defer(() => api.close());
  const connections = stack.use(createConnections());
  const endpoint = (token = "good") =>
    testEndpoint(
      { host: server.host, repository: NAME, side: "target", credentials: { kind: "registry-token", token } },
      connections,
    );
  const beyond = (token?: string, apiHost = api.host) => ({
    minEntries: DOCKER_LISTING_MAX,
    list: createGoogleTagListing({
      endpoint: endpoint(token),
      place: googlePlace(server.host, NAME),
      apiUrl: `http://${apiHost}`,
    }),
  });
  return { endpoint, beyond, first, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const namesOf = async (
  listing: AsyncIterable<{ readonly tag?: string | undefined }>,
): Promise<Set<string | undefined>> => new Set((await Array.fromAsync(listing)).map(({ tag }) => tag));

describe("the tags of an image in Artifact Registry", () => {
  it("are all found beyond 10,000, where the registry's own listing is truncated", async () => {
    await using image = await imageWithTags(12_345);
    const { endpoint, beyond, first } = image;
    expect((await namesOf(createTagListing(endpoint())(signal))).size).toBe(10_000);
    const found = await Array.fromAsync(createTagListing(endpoint(), beyond())(signal));
    expect(new Set(found.map(({ tag }) => tag)).size).toBe(12_345);
    expect(found.every(({ digest }) => digest === first)).toBe(true);
  });

  it("are read only from the registry's own listing while it is complete", async () => {
    await using image = await imageWithTags(3);
    await using silent = await scriptedServer((_got, response) => void response.writeHead(500).end());
    const listing = createTagListing(image.endpoint(), image.beyond(undefined, silent.host));
    expect(await namesOf(listing(signal))).toEqual(new Set(["first", "t1", "t2"]));
    expect(silent.got).toEqual([]);
  });

  it("are empty when the API does not know the image", async () => {
    await using image = await imageWithTags(1);
    await using api = await scriptedServer((_got, response) => void response.writeHead(404).end("{}"));
    expect(await namesOf(image.beyond(undefined, api.host).list(signal))).toEqual(new Set());
  });

  it.each<[number, string]>([
    [403, "permanent"],
    [429, "deferred"],
  ])("end with an error that says what was asked when the API answers %d", async (status, category) => {
    await using image = await imageWithTags(1);
    const error = { code: status, message: "Permission 'artifactregistry.tags.list' denied", status: "X" };
    await using api = await scriptedServer(
      (_got, response) => void response.writeHead(status).end(JSON.stringify({ error })),
    );
    await expect(namesOf(image.beyond(undefined, api.host).list(signal))).rejects.toMatchObject({
      side: "target",
      operation: "list-tags",
      category,
      message: expect.stringContaining("artifactregistry.tags.list"),
    });
  });
});

describe("a repository name at a registry of Google", () => {
  it.each([
    [
      "europe-west3-docker.pkg.dev",
      "p/r/team/app",
      { project: "p", location: "europe-west3", repository: "r", image: "team/app" },
    ],
    ["gcr.io", "p/app", { project: "p", location: "us", repository: "gcr.io", image: "app" }],
    ["eu.gcr.io", "p/team/app", { project: "p", location: "europe", repository: "eu.gcr.io", image: "team/app" }],
    [
      "us-docker.pkg.dev",
      "example.com/p/r/app",
      { project: "example.com:p", location: "us", repository: "r", image: "app" },
    ],
  ])("%s/%s is a place of its API", (registry, name, place) => {
    expect(googlePlace(registry, name)).toEqual(place);
  });
});
