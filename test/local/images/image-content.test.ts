import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { demoImage } from "../../../local/images/demo-image.ts";
import { fileLayer } from "../../../local/images/file-layer.ts";
import { blobOf, imageOf, indexOf, layer, withReferrer } from "../../../local/images/image-content.ts";
import type { BlobContent, ImageContent } from "../../../local/images/image-content.ts";
import { SIGNATURE_TYPE, signatureOf, signatureTag } from "../../../local/images/signature.ts";
import { algorithmOf, digestOf } from "../../../src/oci/digest.ts";
import { successors } from "../../../src/oci/manifest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";

const AMD64 = { os: "linux", architecture: "amd64" };
const ARM64 = { os: "linux", architecture: "arm64" };

function bytesOf(blob: BlobContent): Buffer {
  return Buffer.concat([...blob.read()]);
}

function parse({ bytes }: { bytes: Uint8Array }): Record<string, unknown> {
  return JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
}

/** Every digest and size is that of the bytes, and whatever a manifest points to comes with the image, before it. */
function expectWhole(image: ImageContent): void {
  for (const { descriptor, read } of image.blobs) {
    const hash = createHash(algorithmOf(descriptor.digest));
    let size = 0;
    for (const chunk of read()) {
      hash.update(chunk);
      size += chunk.byteLength;
    }
    expect(`${algorithmOf(descriptor.digest)}:${hash.digest("hex")}`).toBe(descriptor.digest);
    expect(size).toBe(descriptor.size);
  }
  const blobs = new Set(image.blobs.map(({ descriptor }) => descriptor.digest));
  const before = new Set<string>();
  for (const { descriptor, bytes } of image.manifests) {
    expect(digestOf(bytes, algorithmOf(descriptor.digest))).toBe(descriptor.digest);
    expect(bytes.byteLength).toBe(descriptor.size);
    const found = successors(bytes, descriptor.mediaType);
    for (const blob of found.blobs) expect(blobs).toContain(blob.digest);
    for (const child of found.manifests) expect(before).toContain(child.digest);
    before.add(descriptor.digest);
  }
  expect(before).toContain(image.root.descriptor.digest);
}

describe("an image's content", () => {
  it.each<[string, () => ImageContent]>([
    ["the demo", () => demoImage("1")],
    ["an OCI image", () => imageOf([layer("a", 1_000), layer("b", 0)], AMD64)],
    ["a Docker image", () => imageOf([fileLayer({ a: "b" }, "gzip")], AMD64, "docker")],
    ["an image whose digests are sha512", () => imageOf([layer("a", 10)], AMD64, "oci", "sha512")],
    ["an image without layers", () => imageOf([], AMD64)],
    ["an image with a layer of no bytes", () => imageOf([blobOf(new Uint8Array(), MediaType.ociLayer)], AMD64)],
    ["an image that has one layer twice", () => imageOf([layer("a", 10), layer("a", 10)], AMD64)],
    ["an index", () => indexOf([imageOf([layer("a", 10)], AMD64), imageOf([layer("b", 10)], ARM64)])],
    ["a Docker manifest list", () => indexOf([imageOf([layer("a", 10)], AMD64, "docker")], "docker")],
    ["an index in an index", () => indexOf([indexOf([imageOf([layer("a", 10)], AMD64)]), indexOf([])])],
    ["an index of nothing", () => indexOf([])],
    ["an image with an attached artifact", () => withReferrer(imageOf([], AMD64), SIGNATURE_TYPE, Buffer.from("s"))],
    ["a signature under a tag", () => signatureOf(indexOf([]).root.descriptor.digest)],
  ])("of %s hangs together: right digests, right sizes, children first", (_, build) => {
    expectWhole(build());
  });

  it("is the same whenever it is built from the same seed, and another for another seed", () => {
    expect(demoImage("1").root.descriptor).toEqual(demoImage("1").root.descriptor);
    expect(demoImage("1").root.descriptor.digest).not.toBe(demoImage("2").root.descriptor.digest);
    expect(fileLayer({ a: "b" }, "gzip").descriptor).toEqual(fileLayer({ a: "b" }, "gzip").descriptor);
  });

  it("can be read repeatedly, also after an interrupted read", () => {
    const blob = layer("again", 3_000_000);
    for (const _ of blob.read()) break;
    expect(digestOf(bytesOf(blob))).toBe(blob.descriptor.digest);
    expect(digestOf(bytesOf(blob))).toBe(blob.descriptor.digest);
  });
});

describe("an image manifest", () => {
  it("names Docker's types throughout when it is a Docker image", () => {
    const { root } = imageOf([fileLayer({ a: "b" }), fileLayer({ a: "b" }, "gzip")], AMD64, "docker");
    expect(root.descriptor.mediaType).toBe(MediaType.dockerManifest);
    expect(parse(root)).toMatchObject({
      schemaVersion: 2,
      mediaType: MediaType.dockerManifest,
      config: { mediaType: "application/vnd.docker.container.image.v1+json" },
      layers: [
        { mediaType: "application/vnd.docker.image.rootfs.diff.tar" },
        { mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip" },
      ],
    });
  });

  it("has a config that names each layer by the digest before compression", () => {
    const compressed = fileLayer({ "etc/motd": "hello\n" }, "gzip");
    const { blobs } = imageOf([compressed], AMD64);
    const config = JSON.parse(bytesOf(blobs[0]!).toString()) as { rootfs: { diff_ids: string[] } };
    expect(config.rootfs.diff_ids).toEqual([digestOf(gunzipSync(bytesOf(compressed)))]);
    expect(config.rootfs.diff_ids[0]).not.toBe(compressed.descriptor.digest);
  });
});

describe("an index", () => {
  it("gives each image's platform, and none to an index within it", () => {
    const inner = indexOf([imageOf([], AMD64)]);
    expect(parse(inner.root)).toMatchObject({ manifests: [{ platform: AMD64 }] });
    const outer = parse(indexOf([inner]).root) as { manifests: object[] };
    expect(outer.manifests).toEqual([inner.root.descriptor]);
    expect(outer.manifests[0]).not.toHaveProperty("platform");
  });
});

describe("the demo image", () => {
  it("is for three platforms that share a layer, with an artifact attached to the index", () => {
    const { root, manifests, blobs } = demoImage("1");
    const index = parse(root) as { manifests: { platform: object }[] };
    expect(index.manifests.map(({ platform }) => platform)).toEqual([
      AMD64,
      ARM64,
      { os: "linux", architecture: "arm", variant: "v7" },
    ]);
    const layersOf = (at: number) => (parse(manifests[at]!) as { layers: { digest: string }[] }).layers;
    const [amd64, arm64] = [layersOf(0), layersOf(1)];
    expect(amd64[0]).toEqual(arm64[0]);
    expect(amd64[1]).not.toEqual(arm64[1]);
    expect(successors(manifests.at(-1)!.bytes, MediaType.ociManifest).subject?.digest).toBe(root.descriptor.digest);
    expect(new Set(blobs.map(({ descriptor }) => descriptor.digest)).size).toBe(10);
  });

  it("shares its base between versions, so that a second push has less to send", () => {
    const digests = (version: string) => demoImage(version).blobs.map(({ descriptor }) => descriptor.digest);
    const second = new Set(digests("2"));
    const shared = digests("1").filter((digest) => second.has(digest));
    expect(shared).toContain(layer("base", 8_000_000).descriptor.digest);
    expect(shared.length).toBeLessThan(second.size);
  });
});

describe("a signature", () => {
  it("lies under the tag that cosign makes of the digest", () => {
    const subject = digestOf(new Uint8Array());
    const hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    expect(signatureTag(subject)).toBe(`sha256-${hex}.sig`);
    const payload = bytesOf(signatureOf(subject).blobs[1]!).toString();
    expect(JSON.parse(payload)).toMatchObject({ critical: { image: { "docker-manifest-digest": subject } } });
  });
});
