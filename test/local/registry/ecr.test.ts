import { startLayerBucket } from "../../../local/registry/storage/layer-bucket.ts";
import { createEcrProfile } from "../../../local/registry/profiles/ecr.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { openRegistryFiles, startRegistry } from "../../../local/registry/registry-server.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { describe, expect, it } from "vitest";
import { asking, blob, digest, imageOf, location, put, putBlob } from "../../fixtures/servers/local-registry.ts";

describe("an ECR-like registry", () => {
  it("sends blob downloads to another origin whose links expire, are for GET, and bear no other credentials", async () => {
    await using folder = await temporaryFolder();
    const files = await openRegistryFiles(folder.path);
    let now = 1_000_000;
    const bucket = await startLayerBucket(files, () => now);
    const server = await startRegistry({
      directory: folder.path,
      files,
      profile: createEcrProfile({ password: "pw", bucket }),
    });
    const authorization = `Basic ${Buffer.from("AWS:pw").toString("base64")}`;
    const ask = asking(server.host, { authorization });
    const anyone = asking(server.host);
    const refused = await anyone("GET", "/v2/");
    expect([refused.status, refused.headers["www-authenticate"]]).toEqual([
      401,
      `Basic realm="http://${server.host}/",service="ecr.amazonaws.com"`,
    ]);
    await putBlob(ask);
    const moved = await ask("GET", `/v2/a/b/blobs/${digest}`);
    expect([moved.status, new URL(location(moved)).host]).toEqual([307, bucket.host]);
    const link = location(moved);
    expect(Buffer.compare((await anyone("GET", link)).body, blob)).toBe(0);
    expect((await anyone("GET", link, { headers: { range: "bytes=5-9" } })).status).toBe(206);
    expect((await anyone("GET", link, { headers: { authorization } })).body.toString()).toContain(
      "Only one auth mechanism allowed",
    );
    expect((await anyone("HEAD", link)).status).toBe(403);
    const forged = link.replace(/Signature=(.)/, (_, first: string) => `Signature=${first === "0" ? "1" : "0"}`);
    expect((await anyone("GET", forged)).status).toBe(403);
    now += 3_601_000;
    expect((await anyone("GET", link)).body.toString()).toContain("Request has expired");
    await server.close();
    await bucket.close();
  });

  it("converts a pull by tag that does not accept the stored type, never one by digest", async () => {
    await using folder = await temporaryFolder();
    const files = await openRegistryFiles(folder.path);
    const bucket = await startLayerBucket(files);
    const server = await startRegistry({
      directory: folder.path,
      files,
      profile: createEcrProfile({ password: "pw", bucket }),
    });
    const ask = asking(server.host, { authorization: `Basic ${Buffer.from("AWS:pw").toString("base64")}` });
    await putBlob(ask);
    const image = imageOf();
    await put(ask, "v1", image);
    const docker = { headers: { accept: MediaType.dockerManifest } };
    const converted = await ask("GET", "/v2/a/b/manifests/v1", docker);
    expect([converted.headers["content-type"], converted.headers["docker-content-digest"] === digestOf(image)]).toEqual(
      [MediaType.dockerManifest, false],
    );
    expect((await ask("GET", `/v2/a/b/manifests/${digestOf(image)}`, docker)).headers["content-type"]).toBe(
      MediaType.ociManifest,
    );
    expect((await ask("GET", "/v2/a/b/tags/list?n=1001")).status).toBe(400);
    expect((await ask("GET", "/v2/none/manifests/v1")).body.toString()).toContain(
      "The repository with name 'none' does not exist in the registry with id '123456789012'",
    );
    await server.close();
    await bucket.close();
  });
});
