import { describe, expect, it } from "vitest";
import { FormatError } from "../../../src/oci/errors/format-error.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { nodesOf } from "../../../src/replication/image/image-tree.ts";
import { readImage } from "../../../src/replication/image/read-image.ts";
import type { ImageTree } from "../../../src/replication/image/image-tree.ts";
import { createMemoryRepository } from "../../fakes/memory-repository.ts";
import type { MemoryRepository } from "../../fakes/memory-repository.ts";
import { addImage, addIndex, descriptorOf } from "../../fixtures/images/memory-image.ts";

const never = new AbortController().signal;
const MIB = 1024 * 1024;

function read(source: MemoryRepository, root: Descriptor, referrers = false): Promise<ImageTree> {
  return readImage(root, { source, referrers, sparse: "fail" }, never);
}

/** An index of so many children that say that they have so many bytes; none of them is there. */
function addClaiming(source: MemoryRepository, count: number, size: number): Descriptor {
  const manifests = Array.from({ length: count }, (_, index) => {
    return { mediaType: MediaType.ociManifest, digest: digestOf(new TextEncoder().encode(`${index}`)), size };
  });
  const document = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests };
  return descriptorOf(source, source.addManifest(document, MediaType.ociIndex));
}

/** A manifest of so many bytes. */
function addPadded(source: MemoryRepository, name: string, bytes: number): Descriptor {
  const config = { mediaType: MediaType.ociConfig, digest: source.addBlob(new TextEncoder().encode("{}")), size: 2 };
  const annotations = { name, padding: "x".repeat(bytes) };
  const document = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [], annotations };
  return descriptorOf(source, source.addManifest(document, MediaType.ociManifest));
}

const fetches = ({ calls }: MemoryRepository): number =>
  calls.filter(({ operation }) => operation === "fetch-manifest").length;

describe("a hostile image", () => {
  it.each([
    [450, 4 * MIB, "more than 67108864 bytes"],
    [1_001, 1_000, "more than 1000 in one image"],
  ])("of %i manifests of %i bytes is refused before one of them is read", async (count, size, reason) => {
    const source = createMemoryRepository("source");
    const root = addClaiming(source, count, size);
    await expect(read(source, root)).rejects.toThrow(reason);
    expect(fetches(source)).toBe(1);
  });

  it("whose small indexes exceed the budget together is read no further than the budget", async () => {
    const source = createMemoryRepository("source");
    const inner = Array.from({ length: 40 }, (_, index) => {
      const children = Array.from({ length: 2 }, (_child, child) => addPadded(source, `${index}.${child}`, 2 * MIB));
      return addIndex(
        source,
        children.map(({ digest }) => digest),
      );
    });
    const root = descriptorOf(source, addIndex(source, inner));
    await expect(read(source, root)).rejects.toThrow(FormatError);
    expect(fetches(source)).toBeLessThan(1 + 40 + 32);
  });

  it("whose referrers exceed the budget is read without them, and reports them", async () => {
    const source = createMemoryRepository("source");
    const root = descriptorOf(source, addImage(source, ["one"]));
    const attached = Array.from({ length: 40 }, (_, index) => addPadded(source, `${index}`, 2 * MIB));
    source.listReferrers = (subject) => Promise.resolve(subject === root.digest ? attached : []);
    const tree = await read(source, root, true);
    expect(tree.referrers.length).toBeLessThan(33);
    expect(tree.referrers.length + tree.leftOut.length).toBe(40);
    expect(tree.leftOut[0]?.problem).toContain("more than 67108864 bytes");
  });

  it("with more blobs than any real image is refused", async () => {
    const source = createMemoryRepository("source");
    const layers = Array.from({ length: 20_001 }, (_, index) => {
      return { mediaType: MediaType.ociLayer, digest: digestOf(new TextEncoder().encode(`${index}`)), size: 1 };
    });
    const config = { mediaType: MediaType.ociConfig, digest: source.addBlob(new TextEncoder().encode("{}")), size: 2 };
    const document = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers };
    const root = descriptorOf(source, source.addManifest(document, MediaType.ociManifest));
    await expect(read(source, root)).rejects.toThrow("more than 20000 blobs");
  });
});

describe("reading an image", () => {
  it("counts a manifest that two indexes share once, and reads sixteen at once at most, at all levels together", async () => {
    const source = createMemoryRepository("source");
    let reading = 0;
    let most = 0;
    source.before = async ({ operation }) => {
      if (operation !== "fetch-manifest") return;
      most = Math.max(most, ++reading);
      await new Promise((resolve) => setImmediate(resolve));
      reading--;
    };
    const shared = addPadded(source, "shared", 3 * MIB);
    const inner = Array.from({ length: 30 }, (_, index) => {
      const own = Array.from({ length: 20 }, (_child, child) => addImage(source, [`${index}.${child}`]));
      return addIndex(source, [shared.digest, ...own]);
    });
    const tree = await read(source, descriptorOf(source, addIndex(source, inner)));
    expect(nodesOf(tree).length).toBe(1 + 30 + 600 + 1);
    expect(most).toBe(16);
  });

  it("includes an ordinary layer that also has URLs, and leaves out a non-distributable one", async () => {
    const source = createMemoryRepository("source");
    const layer = (text: string, mediaType: string): Descriptor => {
      const bytes = new TextEncoder().encode(text);
      const urls = ["https://elsewhere.example/layer"];
      return { mediaType, digest: source.addBlob(bytes), size: bytes.byteLength, urls };
    };
    const layers = [
      layer("ordinary", MediaType.ociLayerGzip),
      layer("foreign", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
    ];
    const digest = source.addManifest({ schemaVersion: 2, layers }, MediaType.ociManifest);
    const tree = await read(source, descriptorOf(source, digest));
    expect(tree.root.blobs.map(({ digest: blob }) => blob)).toEqual([layers[0]?.digest]);
  });

  it("explains the options when an index lacks children at the source", async () => {
    const source = createMemoryRepository("source");
    const gone = Array.from({ length: 7 }, (_, at) => addImage(source, [`${at}`]));
    const root = descriptorOf(source, addIndex(source, gone));
    for (const digest of gone) source.manifests.delete(digest);
    await expect(read(source, root)).rejects.toThrow(/ and 2 more, .*--platform.*--sparse keep.*sparseIndexes: keep/);
  });

  it("leaves nothing running when it fails", async () => {
    const source = createMemoryRepository("source");
    const root = descriptorOf(source, addIndex(source, [addImage(source, ["one"]), addImage(source, ["two"])]));
    let listing = 0;
    source.listReferrers = (_subject, signal) => {
      listing++;
      return new Promise((_, reject) => {
        const end = (): void => {
          listing--;
          reject(signal.reason);
        };
        signal.addEventListener("abort", end, { once: true });
      });
    };
    source.before = ({ operation, reference }) => {
      if (operation === "fetch-manifest" && reference !== root.digest) throw new Error("away");
    };
    await expect(read(source, root, true)).rejects.toThrow("away");
    expect(listing).toBe(0);
  });
});
