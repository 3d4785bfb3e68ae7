import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { createRegistryTarget } from "../../../src/registry/registry-target.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";

const signal = AbortSignal.timeout(600_000);
const bytes = new TextEncoder().encode('{"schemaVersion":2,"manifests":[]}');
const manifest = { mediaType: MediaType.ociIndex, digest: digestOf(bytes), bytes };

/** A target that accepts every request, and loses its first response. */
async function losingTarget() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(
    await scriptedServer((_got, response, count) => {
      if (count === 0) return void response.destroy();
      response.writeHead(201, { "docker-content-digest": manifest.digest }).end();
    }),
  );
  const place = { host: server.host, repository: "a", side: "target" } as const;
  const target = createRegistryTarget(testEndpoint(place, stack.use(createConnections())));
  return { target, got: server.got, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("a manifest put whose response is lost", () => {
  it("is repeated under the digest: the same bytes are the same manifest", async () => {
    await using place = await losingTarget();
    await place.target.putManifest(manifest, manifest.digest, signal);
    expect(place.got.map(({ method, url }) => `${method} ${url}`)).toEqual(
      Array.from({ length: 2 }, () => `PUT /v2/a/manifests/${manifest.digest}`),
    );
    expect(place.got.every(({ body }) => Buffer.compare(body, bytes) === 0)).toBe(true);
  });

  it("is not repeated under the tag, which may name another image by then", async () => {
    await using place = await losingTarget();
    const put = place.target.putManifest(manifest, parseTag("v1"), signal);
    await expect(put).rejects.toMatchObject({ side: "target", operation: "put-manifest", category: "deferred" });
    expect(place.got).toHaveLength(1);
  });
});
