import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { FormatError } from "../../src/oci/format-error.ts";
import { successors } from "../../src/oci/manifest.ts";
import { MediaType } from "../../src/oci/media-type.ts";

const bytesOf = (document: unknown): Uint8Array =>
  new TextEncoder().encode(typeof document === "string" ? document : JSON.stringify(document));
const descriptor = (text: string, more: object = {}): object => ({
  mediaType: MediaType.ociLayer,
  digest: digestOf(bytesOf(text)),
  size: text.length,
  ...more,
});
const image = (more: object = {}): object => ({
  schemaVersion: 2,
  config: descriptor("config"),
  layers: [descriptor("one"), descriptor("two")],
  ...more,
});
const index = (more: object = {}): object => ({ schemaVersion: 2, manifests: [descriptor("child")], ...more });
const read = (document: unknown, mediaType: string = MediaType.ociManifest) => successors(bytesOf(document), mediaType);

describe("the successors of a manifest", () => {
  it.each([MediaType.ociManifest, MediaType.dockerManifest])("are config and layers in order, for %s", (mediaType) => {
    const found = read(image(), mediaType);
    expect(found.blobs.map(({ digest }) => digest)).toEqual(
      ["config", "one", "two"].map((text) => digestOf(bytesOf(text))),
    );
    expect(found.manifests).toEqual([]);
  });

  it.each([MediaType.ociIndex, MediaType.dockerList])("are the children of an index, for %s", (mediaType) => {
    expect(read(index(), mediaType)).toMatchObject({ kind: "index", blobs: [], manifests: [{ size: 5 }] });
  });

  it("are none of an empty index, and only the config of an image without layers", () => {
    expect(read(index({ manifests: [] }), MediaType.ociIndex).manifests).toEqual([]);
    expect(read(image({ layers: [] })).blobs).toHaveLength(1);
  });

  it("name a blob that is listed twice once", () => {
    expect(read(image({ layers: [descriptor("one"), descriptor("one")] })).blobs).toHaveLength(2);
  });

  it("are the blobs of an artifact manifest, and none of schema 1", () => {
    expect(read({ blobs: [descriptor("one")] }, MediaType.orasArtifact).blobs).toHaveLength(1);
    expect(read("anything", MediaType.dockerSchema1Signed)).toMatchObject({
      kind: "schema1",
      blobs: [],
      manifests: [],
    });
  });

  it("carry the subject, and the artifact type as a referrers listing shows it", () => {
    expect(read(image({ subject: descriptor("subject") })).subject).toMatchObject({ size: 7 });
    expect(read(image({ artifactType: "application/x" })).artifactType).toBe("application/x");
    expect(read(image({ config: descriptor("{}", { mediaType: "application/y" }) })).artifactType).toBe(
      "application/y",
    );
    expect(read(image({ config: descriptor("{}", { mediaType: MediaType.ociEmpty }) })).artifactType).toBeUndefined();
  });

  it("do not mind fields and layer types nobody knows", () => {
    expect(
      read(
        image({
          "x-custom": { deep: [1] },
          layers: [descriptor("one", { mediaType: "application/vnd.unknown", data: "b25l" })],
        }),
      ).blobs,
    ).toHaveLength(2);
  });

  it.each<[string, unknown, string, RegExp]>([
    ["no JSON", "{", MediaType.ociManifest, /^manifest: is not JSON/],
    ["bad UTF-8", "\uD800", MediaType.ociManifest, /^manifest: is not JSON/],
    ["an array", [], MediaType.ociManifest, /^manifest: /],
    ["null", null, MediaType.ociManifest, /^manifest: /],
    ["another schema version", image({ schemaVersion: 1 }), MediaType.ociManifest, /^schemaVersion: /],
    ["no config", image({ config: undefined }), MediaType.ociManifest, /^config: /],
    [
      "a layer without digest",
      image({ layers: [descriptor("a", { digest: undefined })] }),
      MediaType.ociManifest,
      /^layers\[0\]\.digest: /,
    ],
    [
      "a digest that climbs",
      image({ layers: [descriptor("a"), descriptor("b", { digest: "sha256:../../x" })] }),
      MediaType.ociManifest,
      /^layers\[1\]\.digest: /,
    ],
    ["a negative size", image({ config: descriptor("a", { size: -1 }) }), MediaType.ociManifest, /^config\.size: /],
    [
      "a size past 2^53",
      '{"schemaVersion":2,"manifests":[{"mediaType":"m","digest":"x","size":9007199254740993}]}',
      MediaType.ociIndex,
      /^manifests\[0\]\./,
    ],
    [
      "an infinite size",
      '{"schemaVersion":2,"layers":[],"config":{"mediaType":"m","digest":"x","size":1e400}}',
      MediaType.ociManifest,
      /^config\./,
    ],
    ["manifests beside layers", image({ manifests: [] }), MediaType.ociManifest, /^manifests: .*CVE-2021-41190/],
    ["layers in an index", index({ layers: [] }), MediaType.ociIndex, /^layers: .*CVE-2021-41190/],
    [
      "another type than it was served as",
      image({ mediaType: MediaType.dockerManifest }),
      MediaType.ociManifest,
      /^mediaType: /,
    ],
    ["a type nobody knows", image(), "application/json", /^mediaType: /],
    [
      "two sizes for one digest",
      image({ layers: [descriptor("a"), descriptor("a", { size: 9 })] }),
      MediaType.ociManifest,
      /^size: /,
    ],
  ])("are refused for %s, and the error names the field", (_case, document, mediaType, problem) => {
    expect(() => read(document, mediaType)).toThrow(FormatError);
    expect(() => read(document, mediaType)).toThrow(problem);
  });

  it("survive hostile JSON: prototypes, depth, byte order marks", () => {
    expect(() => read(`{"__proto__":{"schemaVersion":2},"constructor":1}`)).toThrow(FormatError);
    expect(() => read(`${"[".repeat(1_000_000)}`)).toThrow(FormatError);
    expect(() => read(`{"schemaVersion":2,"config":${"[".repeat(200_000)}${"]".repeat(200_000)},"layers":[]}`)).toThrow(
      FormatError,
    );
    expect(Object.hasOwn(Object.prototype, "schemaVersion")).toBe(false);
  });

  it("are answered or refused with a typed error, whatever the bytes are", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array(), fc.json().map(bytesOf)),
        fc.constantFrom(...Object.values(MediaType)),
        (bytes, mediaType) => {
          try {
            return Array.isArray(successors(bytes, mediaType).blobs);
          } catch (error) {
            return error instanceof FormatError;
          }
        },
      ),
      { seed: 3, numRuns: 1_000 },
    );
  });
});
