import { describe, expect, it } from "vitest";
import type { Digest } from "../../../src/oci/digest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { formatPlatform, parsePlatform } from "../../../src/oci/platform.ts";
import { choosePlatform } from "../../../src/replication/image/choose-platform.ts";
import { createMemoryRepository } from "../../fakes/memory-repository.ts";
import type { MemoryRepository } from "../../fakes/memory-repository.ts";
import { descriptorOf } from "../../fixtures/images/memory-image.ts";

const never = new AbortController().signal;

/** An image whose config says what it runs on. */
function addFor(source: MemoryRepository, platform: string): Digest {
  const bytes = new TextEncoder().encode(JSON.stringify({ ...parsePlatform(platform), rootfs: {} }));
  const config = { mediaType: MediaType.ociConfig, digest: source.addBlob(bytes), size: bytes.byteLength };
  return source.addManifest({ schemaVersion: 2, config, layers: [] }, MediaType.ociManifest);
}

/** An index of images for these platforms; `says` is false where it does not say which. */
function addIndexOf(source: MemoryRepository, platforms: readonly string[], says = true): Digest {
  const manifests = platforms.map((text) => ({
    ...descriptorOf(source, addFor(source, text)),
    ...(says ? { platform: parsePlatform(text) } : {}),
  }));
  return source.addManifest({ schemaVersion: 2, manifests }, MediaType.ociIndex);
}

async function chosenOf(source: MemoryRepository, digest: Digest, wanted: string): Promise<string> {
  const chosen = await choosePlatform({ digest }, parsePlatform(wanted), source, never);
  return chosen.kind === "chosen" ? chosen.root.digest : `none of ${chosen.has.map(formatPlatform).join(" ")}`;
}

describe("the image of a platform", () => {
  it("is the one that serves it best, wherever it stands in the index", async () => {
    const source = createMemoryRepository("source");
    const index = addIndexOf(source, ["linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/arm64"]);
    expect(await chosenOf(source, index, "linux/arm/v7")).toBe(addFor(source, "linux/arm/v7"));
    expect(await chosenOf(source, index, "linux/arm/v6")).toBe(addFor(source, "linux/arm/v6"));
    expect(await chosenOf(source, index, "linux/arm64/v8")).toBe(addFor(source, "linux/arm64"));
    expect(await chosenOf(source, index, "linux/amd64")).toBe(
      "none of linux/arm/v5 linux/arm/v6 linux/arm/v7 linux/arm64",
    );
  });

  it("is looked up in the configs where the index does not say it, also within an index", async () => {
    const source = createMemoryRepository("source");
    const inner = addIndexOf(source, ["linux/amd64", "linux/s390x"], false);
    const outer = source.addManifest(
      { schemaVersion: 2, manifests: [descriptorOf(source, inner)] },
      MediaType.ociIndex,
    );
    expect(await chosenOf(source, outer, "linux/s390x")).toBe(addFor(source, "linux/s390x"));
  });

  it("is the image itself only where its config says so", async () => {
    const source = createMemoryRepository("source");
    const image = addFor(source, "linux/arm64");
    expect(await chosenOf(source, image, "linux/arm64/v8")).toBe(image);
    expect(await chosenOf(source, image, "linux/amd64")).toBe("none of linux/arm64");
  });

  it("is found in an index some of whose children were never mirrored", async () => {
    const source = createMemoryRepository("source");
    const index = addIndexOf(source, ["linux/amd64", "linux/s390x"]);
    source.manifests.delete(addFor(source, "linux/s390x"));
    expect(await chosenOf(source, index, "linux/amd64")).toBe(addFor(source, "linux/amd64"));
  });
});
