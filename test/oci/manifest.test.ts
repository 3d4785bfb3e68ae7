import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { FormatError } from "../../src/oci/errors/format-error.ts";
import { successors } from "../../src/oci/manifest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { Schema1Error } from "../../src/oci/errors/schema1-error.ts";

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

  it("keep the order of the document, and name each digest once", () => {
    const texts = fc.array(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 12 });
    fc.assert(
      fc.property(texts, (layers) => {
        const document = image({ layers: layers.map((text) => descriptor(text)) });
        const digests = read(document).blobs.map(({ digest }) => digest);
        expect(digests).toEqual([...new Set(["config", ...layers])].map((text) => digestOf(bytesOf(text))));
      }),
      { seed: 4 },
    );
  });

  it("name a blob once that is listed twice", () => {
    expect(read(image({ layers: [descriptor("one"), descriptor("one")] })).blobs).toHaveLength(2);
  });

  it("are the blobs of an artifact manifest; schema 1 is refused by name", () => {
    expect(read({ blobs: [descriptor("one")] }, MediaType.orasArtifact).blobs).toHaveLength(1);
    expect(() => read("anything", MediaType.dockerSchema1Signed)).toThrow(Schema1Error);
  });

  it("include the subject, and the artifact type as in a list of referrers", () => {
    expect(read(image({ subject: descriptor("subject") })).subject?.digest).toBe(digestOf(bytesOf("subject")));
    expect(read(image({ artifactType: "application/x" })).artifactType).toBe("application/x");
    expect(read(image({ config: descriptor("{}", { mediaType: "application/y" }) })).artifactType).toBe(
      "application/y",
    );
    expect(
      read(image({ artifactType: "", config: descriptor("{}", { mediaType: "application/y" }) })).artifactType,
    ).toBe("application/y");
    expect(read(image({ config: descriptor("{}", { mediaType: MediaType.ociEmpty }) })).artifactType).toBe(
      MediaType.ociEmpty,
    );
    expect(read(index({ artifactType: "" }), MediaType.ociIndex).artifactType).toBeUndefined();
  });

  it("ignore unknown fields and layer types", () => {
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
    ["an array", [], MediaType.ociManifest, /^manifest: /],
    ["null", null, MediaType.ociManifest, /^manifest: /],
    ["another schema version", image({ schemaVersion: 1 }), MediaType.ociManifest, /^schemaVersion: /],
    ["nothing at all", { schemaVersion: 2 }, MediaType.ociManifest, /^config: /],
    [
      "a subject without a good digest",
      image({ subject: { digest: "sha256:1" } }),
      MediaType.ociManifest,
      /^subject\.digest: /,
    ],
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
    ["a size of 2^53", image({ config: descriptor("a", { size: 2 ** 53 }) }), MediaType.ociManifest, /^config\.size: /],
    ["half a byte", image({ config: descriptor("a", { size: 0.5 }) }), MediaType.ociManifest, /^config\.size: /],
    ["a size as text", image({ config: descriptor("a", { size: "1" }) }), MediaType.ociManifest, /^config\.size: /],
    [
      "an infinite size",
      JSON.stringify(image({ config: descriptor("a", { size: 7 }) })).replace('"size":7', '"size":1e400'),
      MediaType.ociManifest,
      /^config\.size: /,
    ],
    ["manifests beside layers", image({ manifests: [] }), MediaType.ociManifest, /^manifests: .*CVE-2021-41190/],
    ["a config in an index", index({ config: descriptor("a") }), MediaType.ociIndex, /^config: .*CVE-2021-41190/],
    ["layers in an index", index({ layers: [] }), MediaType.ociIndex, /^layers: .*CVE-2021-41190/],
    ["an unknown type", image(), "application/json", /^mediaType: /],
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

  it("are refused for bytes that are not UTF-8, and for a byte order mark, which no registry accepts", () => {
    const good = bytesOf(image({ note: "?" }));
    expect(successors(good, MediaType.ociManifest).blobs).toHaveLength(3);
    const broken = good.map((byte) => (byte === 0x3f ? 0xff : byte));
    expect(() => successors(broken, MediaType.ociManifest)).toThrow(/^manifest: is not JSON in UTF-8/);
    const marked = Uint8Array.of(0xef, 0xbb, 0xbf, ...good);
    expect(() => successors(marked, MediaType.ociManifest)).toThrow(/^manifest: is not JSON in UTF-8/);
  });

  it("are none when a program wrote null for an empty list", () => {
    expect(read(image({ layers: null })).blobs).toHaveLength(1);
    expect(read(index({ manifests: null }), MediaType.ociIndex).manifests).toEqual([]);
  });

  const blank = [null, {}, "", undefined];
  it.each(["subject", "artifactType", "annotations", "mediaType"])("accept an empty %s", (field) => {
    for (const value of blank) {
      const found = read(image({ [field]: value }));
      expect([found.blobs.length, found.subject, found.artifactType]).toEqual([3, undefined, MediaType.ociLayer]);
    }
  });

  it.each(["urls", "platform", "artifactType", "annotations", "data"])(
    "do not mind a %s of a layer or child that says nothing",
    (field) => {
      for (const value of [...blank, 7, []]) {
        const named = descriptor("one", { [field]: value });
        expect(read(image({ layers: [named] })).blobs).toHaveLength(2);
        expect(read(index({ manifests: [named] }), MediaType.ociIndex).manifests).toHaveLength(1);
      }
    },
  );

  it("have no platform when half of it is missing, and no variant when that is null", () => {
    const half = descriptor("one", { platform: { architecture: "amd64" } });
    const whole = descriptor("two", { platform: { architecture: "arm64", os: "linux", variant: null } });
    const { manifests } = read(index({ manifests: [half, whole] }), MediaType.ociIndex);
    expect(manifests.map(({ platform }) => platform)).toEqual([undefined, { architecture: "arm64", os: "linux" }]);
  });

  it("need no config when there are layers, and no media types of descriptors", () => {
    for (const config of [...blank, { mediaType: "", digest: "", size: 0 }]) {
      expect(read(image({ config })).blobs).toHaveLength(2);
    }
    expect(read(image({ config: null })).artifactType).toBeUndefined();
    expect(read(image({ layers: [descriptor("one", { mediaType: null })] })).blobs[1]?.mediaType).toBe("");
  });

  it("accept null for a forbidden field", () => {
    expect(read(image({ manifests: null })).blobs).toHaveLength(3);
    expect(read(index({ layers: null, config: {} }), MediaType.ociIndex).manifests).toHaveLength(1);
  });

  it("are those of the last value of a duplicate key, as for every JSON parser", () => {
    const text = JSON.stringify(image()).replace(/}$/, `,"layers":[]}`);
    expect(read(text).blobs).toHaveLength(1);
  });

  it("survive hostile JSON: prototypes and depth", () => {
    expect(() => read(`{"__proto__":{"schemaVersion":2},"constructor":1}`)).toThrow(FormatError);
    expect(() => read("[".repeat(1_000_000))).toThrow(FormatError);
    expect(() => read(`{"schemaVersion":2,"config":${"[".repeat(200_000)}${"]".repeat(200_000)},"layers":[]}`)).toThrow(
      FormatError,
    );
    const deep = `${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`;
    expect(() => read(deep)).toThrow(FormatError);
    expect(() => read(JSON.stringify(image()).replace(/}$/, `,"x":${deep}}`))).toThrow(/64 levels/);
    const shallow = `${"[".repeat(60)}${"]".repeat(60)}`;
    expect(read(JSON.stringify(image()).replace(/}$/, `,"x":${shallow}}`)).blobs).toHaveLength(3);
    expect(Object.hasOwn(Object.prototype, "schemaVersion")).toBe(false);
  });

  it("are returned, or refused with a typed error, for any bytes", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array(), fc.json().map(bytesOf)),
        fc.constantFrom(...Object.values(MediaType)),
        (bytes, mediaType) => {
          try {
            return Array.isArray(successors(bytes, mediaType).blobs);
          } catch (error) {
            return error instanceof FormatError || error instanceof Schema1Error;
          }
        },
      ),
      { seed: 3, numRuns: 1_000 },
    );
  });
});
