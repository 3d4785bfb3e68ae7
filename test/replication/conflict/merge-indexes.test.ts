import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import type { Manifest } from "../../../src/oci/manifest.ts";
import { successors } from "../../../src/oci/manifest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { isMergedIndex, mergeIndexes } from "../../../src/replication/conflict/merge-indexes.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function manifestOf(document: object, mediaType: string = MediaType.ociIndex): Manifest {
  const bytes = encode(JSON.stringify({ schemaVersion: 2, mediaType, ...document }));
  return { mediaType, digest: digestOf(bytes), bytes };
}

/** An entry for `os/architecture`, or `attestation of NAME` of another entry. */
function entry(name: string, platform?: string, more: object = {}): object {
  const [os, architecture, variant] = platform?.split("/") ?? [];
  const described = os === undefined ? {} : { platform: { os, architecture, ...(variant && { variant }) } };
  return { mediaType: MediaType.ociManifest, digest: digestOf(encode(name)), size: name.length, ...described, ...more };
}

const attestation = (of: string): object =>
  entry(`attestation of ${of}`, "unknown/unknown", {
    annotations: {
      "vnd.docker.reference.type": "attestation-manifest",
      "vnd.docker.reference.digest": digestOf(encode(of)),
    },
  });

const index = (...manifests: object[]): Manifest => manifestOf({ manifests });

function contentOf(manifest: Manifest | undefined): string[] {
  if (manifest === undefined) return [];
  return successors(manifest.bytes, manifest.mediaType).manifests.map(({ digest }) => digest);
}

const named = (...names: string[]): string[] => names.map((name) => digestOf(encode(name)));

describe("a merged index", () => {
  it("has the platforms of both sides, and the source's image for a platform of both", () => {
    const source = index(entry("amd64 of source", "linux/amd64"), entry("arm of source", "linux/arm/v7"));
    const other = index(entry("amd64 of other", "linux/amd64"), entry("arm64 of other", "linux/arm64/v8"));
    const merged = mergeIndexes(source, other);
    expect(contentOf(merged)).toEqual(named("amd64 of source", "arm of source", "arm64 of other"));
    expect(merged?.digest).not.toBe(source.digest);
  });

  it("takes two spellings of a platform for one, and two versions of an operating system for two", () => {
    const source = index(
      entry("a", "linux/arm64"),
      entry("w1", "windows/amd64", { platform: { os: "windows", architecture: "amd64", "os.version": "1" } }),
    );
    const other = index(
      entry("b", "linux/aarch64/v8"),
      entry("w2", "windows/amd64", { platform: { os: "windows", architecture: "amd64", "os.version": "2" } }),
    );
    expect(contentOf(mergeIndexes(source, other))).toEqual(named("a", "w1", "w2"));
  });

  it("keeps an attestation with the image that it is about, and only there", () => {
    const source = index(entry("s1", "linux/amd64"), attestation("s1"));
    const other = index(entry("o1", "linux/amd64"), entry("o2", "linux/arm64"), attestation("o1"), attestation("o2"));
    expect(contentOf(mergeIndexes(source, other))).toEqual(named("s1", "attestation of s1", "o2", "attestation of o2"));
  });

  it("gets the same again from the same source, and keeps the other's platforms when the source moves", () => {
    const other = index(entry("o1", "linux/arm64"), attestation("o1"));
    const first = index(entry("s1", "linux/amd64"), entry("s2", "linux/s390x"));
    const merged = mergeIndexes(first, other);
    if (merged === undefined) throw new Error("both are indexes");
    expect(isMergedIndex(merged)).toBe(true);
    expect(isMergedIndex(other)).toBe(false);
    expect(mergeIndexes(first, merged)?.digest).toBe(merged.digest);
    const second = index(entry("s3", "linux/amd64"));
    const moved = mergeIndexes(second, merged);
    expect(contentOf(moved)).toEqual(named("s3", "o1", "attestation of o1"));
    expect(moved && mergeIndexes(second, moved)?.digest).toBe(moved?.digest);
  });

  it("is the source's own index when the other side has no other platform, and the other's when it has everything", () => {
    const source = index(entry("s1", "linux/amd64"));
    expect(mergeIndexes(source, index(entry("o1", "linux/amd64")))?.digest).toBe(source.digest);
    const all = index(entry("s1", "linux/amd64"), entry("o2", "linux/arm64"));
    expect(mergeIndexes(source, all)?.digest).toBe(all.digest);
  });

  it("keeps annotations and fields of the source's index and entries", () => {
    const source = manifestOf({
      artifactType: "a/b",
      annotations: { one: "1" },
      manifests: [entry("s", "linux/amd64", { annotations: { two: "2" } })],
    });
    const other = manifestOf({ annotations: { one: "0", three: "3" }, manifests: [entry("o", "linux/arm64")] });
    const document: unknown = JSON.parse(new TextDecoder().decode(mergeIndexes(source, other)?.bytes));
    expect(document).toMatchObject({
      artifactType: "a/b",
      annotations: { one: "1", three: "3" },
      manifests: [{ annotations: { two: "2" } }, { platform: { architecture: "arm64" } }],
    });
  });

  it("does not exist for an image that is no index", () => {
    const image = manifestOf({ config: entry("config"), layers: [] }, MediaType.ociManifest);
    expect(mergeIndexes(image, index())).toBeUndefined();
    expect(mergeIndexes(index(), image)).toBeUndefined();
    expect(isMergedIndex(image)).toBe(false);
  });
});
