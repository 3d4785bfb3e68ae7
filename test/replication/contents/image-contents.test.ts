import { describe, expect, it } from "vitest";
import { NEVER } from "../../../src/async/abort.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import type { ImageContents, ImageContentsStore } from "../../../src/replication/contents/image-contents.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { StoreError } from "../../../src/replication/state/record-store.ts";
import type { MemoryRepository } from "../../fakes/memory-repository.ts";
import { addImage, addReferrer, descriptorOf } from "../../fixtures/images/memory-image.ts";
import { anotherDelivery, copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";

/** Keeps what is written, and counts. */
function memoryContents() {
  const written: { readonly key: string; readonly contents: ImageContents }[] = [];
  const store: ImageContentsStore = {
    write: (key, contents) => Promise.resolve(void written.push({ key, contents })),
    read: (key) => Promise.resolve(written.findLast((each) => each.key === key)?.contents),
  };
  return { store, written };
}

function addPlatforms(source: MemoryRepository, count: number, tag: string) {
  const manifests = Array.from({ length: count }, (_, n) => ({
    ...descriptorOf(source, addImage(source, ["shared", `layer ${n}`])),
    platform: { os: "linux", architecture: `a${n}` },
    annotations: { "org.example.secret": "left out" },
  }));
  const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests };
  return { index: source.addManifest(index, MediaType.ociIndex, tag), first: manifests[0]?.digest };
}

const signal = AbortSignal.timeout(600_000);
const hexOf = (digest: string) => digest.slice(7, 19);

describe("the contents of a copied image", () => {
  it("are its manifests with platforms and blobs, and what is attached, each once", async () => {
    const { store, written } = memoryContents();
    const context = replicateFixture({ contents: store });
    const { index, first = index } = addPlatforms(context.source, 2, "v1");
    const signature = addReferrer(context.source, first, "signature");
    expect(await replicateTag(copyRequest("v1"), context, signal)).toMatchObject({ outcome: "replicated" });
    expect(written.map(({ key }) => key)).toEqual([`${context.scope}:v1`]);
    const contents = await store.read(`${context.scope}:v1`, NEVER);
    expect(contents).toMatchObject({ digest: index, moreManifests: 0, moreAttached: 0, tags: [] });
    expect(contents?.manifests.map(({ depth, platform, blobs }) => [depth, platform, blobs.length])).toEqual([
      [0, undefined, 0],
      [1, "linux/a0", 3],
      [1, "linux/a1", 3],
    ]);
    expect(contents?.manifests[1]).toMatchObject({ digest: first, mediaType: MediaType.ociManifest, moreBlobs: 0 });
    const attached = { digest: signature, artifactType: "application/vnd.example.signature", subject: hexOf(first) };
    expect(contents?.attached).toMatchObject([attached]);
    // Both platforms have the same config and one layer in common: "{"layers":2}", "shared", "layer 0", "layer 1"; the referrer has "{}" and its own.
    expect(contents?.bytes).toBe(12 + 6 + 7 + 7 + 2 + 9);
    expect(contents?.manifests[1]?.bytes).toBe(12 + 6 + 7);
    expect(JSON.stringify(contents)).not.toContain("left out");
  });

  it("are cut where they are long, and say by how much", async () => {
    const { store, written } = memoryContents();
    const context = replicateFixture({ contents: store });
    addPlatforms(context.source, 120, "v1");
    await replicateTag(copyRequest("v1"), context, signal);
    const [{ contents } = { contents: undefined }] = written;
    expect([contents?.manifests.length, contents?.moreManifests]).toEqual([40, 81]);
    // 39 platforms with 3 blobs each.
    expect(contents?.manifests.reduce((sum, { blobs, moreBlobs }) => sum + blobs.length + moreBlobs, 0)).toBe(117);
  });

  it("are written by a copy, and not again while the target has the image", async () => {
    const { store, written } = memoryContents();
    const context = replicateFixture({ contents: store });
    addImage(context.source, ["one"], "v1");
    await replicateTag(copyRequest("v1", 1), context, signal);
    const again = anotherDelivery(context);
    expect(await replicateTag(copyRequest("v1", 2), again, signal)).toMatchObject({ outcome: "unchanged" });
    expect(written).toHaveLength(1);
    addImage(context.source, ["two"], "v1");
    await replicateTag(copyRequest("v1", 3), anotherDelivery(context), signal);
    expect(written).toHaveLength(2);
  });

  it("do not hold up a copy that cannot write them", async () => {
    const refused = (): Promise<never> => Promise.reject(new StoreError("the table is away"));
    const context = replicateFixture({ contents: { write: refused, read: refused } });
    addImage(context.source, ["one"], "v1");
    expect(await replicateTag(copyRequest("v1"), context, signal)).toMatchObject({ outcome: "replicated" });
    expect((await context.tags.read(`${context.scope}:v1`, NEVER))?.last).toMatchObject({ outcome: "replicated" });
  });
});
