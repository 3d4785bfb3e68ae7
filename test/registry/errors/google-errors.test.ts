import { describe, expect, it } from "vitest";
import { createArtifactRegistryProfile } from "../../../local/registry/profiles/artifact-registry.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { createRegistryTarget } from "../../../src/registry/registry-target.ts";
import { createSharedLimits } from "../../../src/registry/resilience/shared-limits.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import { asking, imageOf, put, putBlob, withRegistry } from "../../fixtures/servers/local-registry.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const good = { authorization: "Bearer good" };

const manifestOf = (bytes: Uint8Array) => ({ bytes, digest: digestOf(bytes), mediaType: MediaType.ociManifest });

describe("a tag that cannot move at the target", () => {
  it.each([
    [
      "Artifact Registry",
      400,
      "MANIFEST_INVALID",
      "manifest invalid: cannot update tag v1. The repository has enabled tag immutability",
    ],
    [
      "Amazon ECR",
      400,
      "TAG_INVALID",
      "tag invalid: The image tag 'v1' already exists in the 'r' repository and cannot be overwritten because the tag is immutable.",
    ],
    ["Harbor", 412, "PRECONDITION", "Failed to process request due to 'r:v1' configured as immutable."],
  ])("is known by what %s says", async (_registry, status, code, message) => {
    await using server = await scriptedServer((_got, response) => {
      response.writeHead(status).end(JSON.stringify({ errors: [{ code, message }] }));
    });
    await using connections = createConnections();
    const target = createRegistryTarget(
      testEndpoint({ host: server.host, repository: "p/r/a", side: "target" }, connections),
    );
    await expect(target.putManifest(manifestOf(imageOf()), parseTag("v1"), signal)).rejects.toMatchObject({
      category: "permanent",
      code: "TAG_IMMUTABLE",
      message: expect.stringMatching(/let tags move in that repository, or never move them at the source$/),
    });
    expect(server.got).toHaveLength(1);
  });

  it("is told from a manifest that is invalid, which has the same code", async () => {
    const profile = createArtifactRegistryProfile({
      repositories: ["p/r"],
      verifyToken: (token) => token === "good",
      immutableTags: true,
    });
    await withRegistry(profile, async (_ask, _events, host) => {
      const ask = asking(host, good);
      await putBlob(ask, undefined, "p/r/a");
      await put(ask, "v1", imageOf(), "p/r/a");
      await using connections = createConnections();
      const place = {
        host,
        repository: "p/r/a",
        side: "target",
        credentials: { kind: "registry-token", token: "good" },
      } as const;
      const target = createRegistryTarget(testEndpoint(place, connections));
      const moved = manifestOf(imageOf(undefined, { annotations: { a: "b" } }));
      await expect(target.putManifest(moved, parseTag("v1"), signal)).rejects.toMatchObject({ code: "TAG_IMMUTABLE" });
    });
    await using server = await scriptedServer((_got, response) => {
      const message = "manifest invalid: unknown media type";
      response.writeHead(400).end(JSON.stringify({ errors: [{ code: "MANIFEST_INVALID", message }] }));
    });
    await using connections = createConnections();
    const place = { host: server.host, repository: "p/r/a", side: "target" } as const;
    const refusing = createRegistryTarget(testEndpoint(place, connections));
    await expect(refusing.putManifest(manifestOf(imageOf()), parseTag("v2"), signal)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });
});

describe("a quota of Google's that is used up", () => {
  const QUOTA =
    "Quota exceeded for quota metric 'Requests per project per region' and limit 'Requests per project per region per minute per region' of service 'artifactregistry.googleapis.com' for consumer 'project_number:388270116193'.";
  const refuse = async (message: string, now: number) => {
    await using server = await scriptedServer((_got, response) => {
      response.writeHead(429).end(JSON.stringify({ errors: [{ code: "TOOMANYREQUESTS", message }] }));
    });
    await using connections = createConnections();
    const limits = createSharedLimits({ hedging: false, retryPolicies: { preset: "off" } });
    const endpoint = testEndpoint({ host: server.host, repository: "p/r/a", side: "target" }, connections);
    const target = createRegistryTarget({ ...endpoint, limits, clock: { ...systemClock, now: () => now } });
    const failed = target.putManifest(manifestOf(imageOf()), parseTag("v1"), signal);
    return await failed.catch((error: unknown) => error);
  };

  it("is waited for to the end of its minute", async () => {
    const at = Date.parse("2026-11-21T12:00:42Z");
    expect(await refuse(QUOTA, at)).toMatchObject({
      category: "deferred",
      code: "TOOMANYREQUESTS",
      retryAfterMs: 18_000,
    });
  });

  it("of which nothing is said is waited for as long as any busy registry", async () => {
    expect(await refuse("slow down", 0)).toMatchObject({ category: "deferred", retryAfterMs: undefined });
  });
});
