import { describe, expect, it } from "vitest";
import { createTargetRepository } from "../../../src/inspection/content/target-repository.ts";
import { createKnownTags, UNLISTED } from "../../../src/inspection/content/known-tags.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import type { ListedTags } from "../../../src/registry/listings/list-tags.ts";
import type { ImageNode } from "../../../src/replication/image/image-tree.ts";
import { createMemoryRepository } from "../../fakes/memory-repository.ts";

const MIB = 1024 * 1024;

function blob(text: string, size = 1_000): Descriptor {
  return { mediaType: MediaType.ociLayer, digest: digestOf(Buffer.from(text)), size };
}

function node(text: string, blobs: readonly Descriptor[]): ImageNode {
  const bytes = Buffer.from(text);
  const manifest = { mediaType: MediaType.ociManifest, digest: digestOf(bytes), bytes };
  const successors = { kind: "image", blobs, manifests: [], subject: undefined, artifactType: undefined } as const;
  return { manifest, children: [], blobs, successors };
}

const listed = (tags: readonly string[], isComplete = true): ListedTags => ({
  tags: new Set(tags.map((tag) => parseTag(tag))),
  isComplete,
});

function setUp(tags: readonly string[] | undefined) {
  const target = createMemoryRepository("target");
  const asked: string[] = [];
  target.before = ({ operation, reference }) => void asked.push(`${operation} ${reference}`);
  const known = tags === undefined ? UNLISTED : createKnownTags(() => Promise.resolve(listed(tags)));
  return { target, asked, repository: createTargetRepository(target, known) };
}

/** Compares images with the repository: each has a configuration and a layer of its own. */
async function compare({ repository }: ReturnType<typeof setUp>, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) {
    const [config, layer] = [blob(`config ${index}`), blob(`layer ${index}`)];
    const comparison = async (): Promise<void> => {
      await repository.hasManifest(node(`image ${index}`, [config, layer]), NEVER);
      await repository.hasBlob(layer, NEVER);
    };
    await repository.compare(comparison, NEVER);
  }
}

describe("a target repository", () => {
  it("is not asked for a manifest whose configuration it lacks", async () => {
    const { repository, asked } = setUp(undefined);
    const config = blob("config");
    expect(await repository.hasManifest(node("image", [config, blob("layer")]), NEVER)).toBe(false);
    expect(asked).toEqual([`head-blob ${config.digest}`]);
  });

  it("is asked for a manifest whose configuration it has, and for one without blobs", async () => {
    const { repository, target, asked } = setUp(undefined);
    const digest = target.addBlob(Buffer.from("config"));
    const image = node("image", [{ mediaType: MediaType.ociConfig, digest, size: 6 }]);
    const index = node("index", []);
    target.manifests.set(image.manifest.digest, image.manifest);
    expect(await repository.hasManifest(image, NEVER)).toBe(true);
    expect(await repository.hasManifest(index, NEVER)).toBe(false);
    expect(asked).toEqual([
      `head-blob ${digest}`,
      `resolve ${image.manifest.digest}`,
      `resolve ${index.manifest.digest}`,
    ]);
  });

  it("is not asked for a tag that its listing does not have", async () => {
    const { repository, asked } = setUp(["v1"]);
    expect(await repository.lookUp(parseTag("v2"), NEVER)).toBeUndefined();
    expect(asked).toEqual([]);
    expect(await repository.lookUp(parseTag("v1"), NEVER)).toBeUndefined();
    expect(asked).toEqual(["resolve v1"]);
  });

  it("counts as new when it has no tag and nothing of 16 images: then it is asked for big layers only", async () => {
    const fixture = setUp([]);
    await compare(fixture, 0, 16);
    expect(fixture.asked).toHaveLength(16 * 2);
    await compare(fixture, 16, 20);
    expect(await fixture.repository.hasManifest(node("index", []), NEVER)).toBe(false);
    expect(fixture.asked).toHaveLength(16 * 2);
    const big = blob("big", MIB);
    expect(await fixture.repository.hasBlob(big, NEVER)).toBe(false);
    expect(fixture.asked.slice(32)).toEqual([`head-blob ${big.digest}`]);
  });

  it("without tags is compared with the first 16 images before all others", async () => {
    const { repository } = setUp([]);
    const began: number[] = [];
    const gate = Promise.withResolvers<void>();
    const comparisons = Array.from({ length: 20 }, (_, index) =>
      repository.compare(async () => {
        began.push(index);
        await gate.promise;
      }, NEVER),
    );
    await new Promise(setImmediate);
    expect(began).toHaveLength(16);
    gate.resolve();
    await Promise.all(comparisons);
    expect(began).toHaveLength(20);
  });

  it("without tags is compared with all images once something is found, and an image that waits can be aborted", async () => {
    const { repository, target } = setUp([]);
    const layer = blob("layer");
    target.addBlob(Buffer.from("layer"));
    const gate = Promise.withResolvers<void>();
    const first = Array.from({ length: 16 }, () => repository.compare(() => gate.promise, NEVER));
    const abort = new AbortController();
    const aborted = repository.compare(() => Promise.resolve(), abort.signal);
    abort.abort(new Error("interrupted"));
    await expect(aborted).rejects.toThrow("interrupted");
    const next = repository.compare(() => Promise.resolve("compared"), NEVER);
    await repository.hasBlob(layer, NEVER);
    expect(await next).toBe("compared");
    gate.resolve();
    await Promise.all(first);
  });

  it.each<[string, readonly string[] | undefined, boolean]>([
    ["it has a tag", ["v0"], false],
    ["its tags are unknown", undefined, false],
    ["it has a layer of an earlier copy", [], true],
  ])("is asked for everything when %s", async (_why, tags, hasLayer) => {
    const fixture = setUp(tags);
    if (hasLayer) fixture.target.addBlob(Buffer.from("layer 3"));
    await compare(fixture, 0, 20);
    expect(fixture.asked).toHaveLength(20 * 2);
  });
});

describe("the tags of a target repository", () => {
  it("are listed once for all images", async () => {
    let listings = 0;
    const tags = createKnownTags(() => (listings++, Promise.resolve(listed(["v1"]))));
    expect(await Promise.all([tags.read(NEVER), tags.read(NEVER)])).toEqual([new Set(["v1"]), new Set(["v1"])]);
    await tags.read(NEVER);
    expect(listings).toBe(1);
  });

  it("are unknown when not all are listed, or the registry does not list them", async () => {
    expect(await createKnownTags(() => Promise.resolve(listed(["v1"], false))).read(NEVER)).toBeUndefined();
    const context = { side: "target", operation: "list-tags", category: "permanent", subject: "app" } as const;
    const refused = () => Promise.reject(new RegistryError(context, "no listings here"));
    expect(await createKnownTags(refused).read(NEVER)).toBeUndefined();
  });
});
