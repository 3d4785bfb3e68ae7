import { createArtifactRegistryProfile } from "../../../local/registry/profiles/artifact-registry.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { describe, expect, it } from "vitest";
import { blob, digest, imageOf, location, put, putBlob, withRegistry } from "../../fixtures/servers/local-registry.ts";

describe("an Artifact-Registry-like registry", () => {
  const profile = createArtifactRegistryProfile({ repositories: ["p/r"], verifyToken: (token) => token === "good" });
  const name = "p/r/app";
  const bearer = { authorization: "Bearer good" };

  it("says who may come in, as the live service does", async () => {
    await withRegistry(profile, async (ask, _events, host) => {
      const anonymous = await ask("GET", `/v2/${name}/manifests/v1`);
      expect(anonymous.headers["www-authenticate"]).toBe(
        `Bearer realm="http://${host}/v2/token",service="${host}",scope="repository:${name}:pull"`,
      );
      const bad = await ask("GET", `/v2/${name}/manifests/v1`, { headers: { authorization: "Bearer bad" } });
      expect([bad.status, bad.headers["www-authenticate"]]).toEqual([401, undefined]);
      const basic = `Basic ${Buffer.from("oauth2accesstoken:good").toString("base64")}`;
      expect((await ask("GET", "/v2/", { headers: { authorization: basic } })).status).toBe(200);
      expect(
        JSON.parse((await ask("GET", "/v2/token", { headers: { authorization: basic } })).body.toString()).token,
      ).toBe("good");
      expect((await ask("GET", "/v2/foo/manifests/latest", { headers: bearer })).body.toString()).toContain(
        "invalid number of path components: 1",
      );
      const unknown = await ask("POST", "/v2/p/other/app/blobs/uploads/", {
        headers: { ...bearer, "content-length": "0" },
      });
      expect([unknown.status, unknown.code]).toEqual([403, "DENIED"]);
    });
  });

  it("accepts an upload in one piece only, outside of /v2/, and never grants a mount", async () => {
    await withRegistry(
      profile,
      async (ask) => {
        const started = await ask("POST", `/v2/${name}/blobs/uploads/?mount=${digest}&from=p/r/x`);
        expect([started.status, location(started)]).toEqual([
          202,
          expect.stringMatching(/^\/artifacts-uploads\/namespaces\/p\/repositories\/r\/uploads\/[\w-]+$/),
        ]);
        const first = await ask("PATCH", location(started), { body: blob });
        expect([first.status, location(first)]).toEqual([
          202,
          expect.stringMatching(/^\/v2\/p\/r\/pkg\/blobs\/uploads\/[\w-]+$/),
        ]);
        expect((await ask("PATCH", location(first), { body: "more" })).status).toBe(405);
        expect((await ask("PUT", `${location(first)}?digest=${digest}`)).status).toBe(201);
        expect((await ask("HEAD", `/v2/p/r/other/blobs/${digest}`)).status).toBe(200);
        expect((await ask("GET", `/v2/${name}/blobs/${digest}`)).status).toBe(302);
        await put(ask, "v1", imageOf(), name);
        const { tags, manifest } = JSON.parse((await ask("GET", `/v2/${name}/tags/list`)).body.toString());
        expect([tags, Object.keys(manifest)]).toEqual([["v1"], [digestOf(imageOf())]]);
      },
      undefined,
      bearer,
    );
  });

  it("refuses to move a tag where tags are immutable", async () => {
    await withRegistry(
      { ...profile, manifests: { ...profile.manifests, immutableTags: true } },
      async (ask) => {
        await putBlob(ask, blob, name);
        expect((await put(ask, "v1", imageOf(), name)).status).toBe(201);
        const moved = await put(ask, "v1", imageOf(blob, { annotations: { a: "b" } }), name);
        expect([moved.status, moved.body.toString()]).toEqual([400, expect.stringContaining("tag immutability")]);
      },
      undefined,
      bearer,
    );
  });
});
