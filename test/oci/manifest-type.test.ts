import { describe, expect, it } from "vitest";
import { manifestTypeOf } from "../../src/oci/manifest-type.ts";
import { MediaType } from "../../src/oci/media-type.ts";

const bytesOf = (document: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(document));
const image = { schemaVersion: 2, config: { digest: "sha256:1" }, layers: [] };
const index = { schemaVersion: 2, manifests: [], config: null, layers: null };

describe("the type of a manifest", () => {
  it("is its own mediaType, whatever it was served as", () => {
    const bytes = bytesOf({ ...image, mediaType: MediaType.dockerManifest });
    expect(manifestTypeOf(bytes, MediaType.ociIndex, MediaType.ociManifest)).toBe(MediaType.dockerManifest);
  });

  it.each([
    ["an image", image, MediaType.ociManifest],
    ["an index", index, MediaType.ociIndex],
    ["an artifact", { blobs: [] }, MediaType.ociArtifact],
    ["an image of schema 1", { schemaVersion: 1, fsLayers: [] }, MediaType.dockerSchema1],
    ["a signed image of schema 1", { schemaVersion: 1, signatures: [] }, MediaType.dockerSchema1Signed],
  ])(
    "is known by its fields for %s that says nothing and is served as JSON, or as nothing",
    (_what, document, type) => {
      for (const mediaType of [null, "", undefined, "application/json"]) {
        expect(manifestTypeOf(bytesOf({ ...document, mediaType }), "application/json")).toBe(type);
        expect(manifestTypeOf(bytesOf({ ...document, mediaType }))).toBe(type);
      }
    },
  );

  it("is the declared type that fits its fields", () => {
    expect(manifestTypeOf(bytesOf(image), MediaType.dockerManifest)).toBe(MediaType.dockerManifest);
    expect(manifestTypeOf(bytesOf(image), "application/json", MediaType.dockerManifest)).toBe(MediaType.dockerManifest);
    expect(manifestTypeOf(bytesOf(index), MediaType.dockerManifest, MediaType.dockerList)).toBe(MediaType.dockerList);
    expect(manifestTypeOf(bytesOf(index), MediaType.ociManifest)).toBe(MediaType.ociIndex);
  });

  it("is the served type when its fields fit no kind, or two", () => {
    expect(manifestTypeOf(bytesOf({ ...image, manifests: [] }), MediaType.ociIndex)).toBe(MediaType.ociIndex);
    expect(manifestTypeOf(new TextEncoder().encode("<html>"), "text/html")).toBe("text/html");
  });
});
