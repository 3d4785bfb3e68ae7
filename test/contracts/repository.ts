import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { blobOf, imageOf, indexOf, layer, withReferrer } from "../../local/images/image-content.ts";
import type { BlobContent, ImageContent } from "../../local/images/image-content.ts";
import { digestOf } from "../../src/oci/digest.ts";
import type { BlobStream, ImageSource } from "../../src/oci/image-source.ts";
import type { ImageTarget } from "../../src/oci/image-target.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { parseRepositoryName, parseTag } from "../../src/oci/reference.ts";

/** An empty repository, as a source and as a target. */
export interface OpenRepository extends AsyncDisposable {
  readonly source: ImageSource;
  readonly target: ImageTarget;
}

const signal = AbortSignal.timeout(600_000);
const v1 = parseTag("v1");
const AMD64 = { os: "linux", architecture: "amd64" };
const image = imageOf([layer("contract-1", 150_000), layer("contract-2", 2_000)], AMD64);
const nothing = digestOf(new TextEncoder().encode("nothing has this digest"));

function streamOf(bytes: Iterable<Uint8Array>): BlobStream {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (const piece of bytes) yield await Promise.resolve(piece);
  }
  return { [Symbol.asyncIterator]: pieces, [Symbol.asyncDispose]: () => Promise.resolve() };
}

const opening = (blob: BlobContent) => ({ open: () => Promise.resolve(streamOf(blob.read())) });

/** Puts an image as a copy does: blobs, then manifests, and the root under its tag. */
async function put(target: ImageTarget, content: ImageContent): Promise<void> {
  const blobs = new Map(content.blobs.map((blob) => [blob.descriptor.digest, blob]));
  for (const blob of blobs.values()) await target.pushBlob(blob.descriptor, opening(blob), signal);
  for (const { descriptor, bytes } of content.manifests) {
    const reference = descriptor.digest === content.root.descriptor.digest ? v1 : descriptor.digest;
    await target.putManifest({ ...descriptor, bytes }, reference, signal);
  }
}

async function read(source: ImageSource, { descriptor }: BlobContent): Promise<Buffer> {
  await using stream = await source.openBlob(descriptor, signal);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The contract of every repository. */
export function repositoryContract(name: string, open: () => Promise<OpenRepository>): void {
  const against =
    (check: (repository: OpenRepository) => Promise<void>): (() => Promise<void>) =>
    async () => {
      await using repository = await open();
      await check(repository);
    };

  describe(`${name} as an image source`, () => {
    it(
      "answers undefined for absent manifests, and fails for an absent blob",
      against(async ({ source }) => {
        expect(await source.resolve(v1, signal)).toBeUndefined();
        expect(await source.resolve(nothing, signal)).toBeUndefined();
        expect(await source.fetchManifest({ digest: nothing }, signal)).toBeUndefined();
        expect(await source.listReferrers(nothing, signal)).toEqual([]);
        const missing = { mediaType: MediaType.ociLayer, digest: nothing, size: 23 };
        await expect(source.openBlob(missing, signal)).rejects.toMatchObject({ side: "source", category: "permanent" });
      }),
    );

    it(
      "returns the same bytes that were put, by tag and by digest",
      against(async ({ source, target }) => {
        await put(target, image);
        const { descriptor, bytes } = image.root;
        const { mediaType, digest } = descriptor;
        expect(await source.resolve(v1, signal)).toMatchObject({ mediaType, digest });
        expect(await source.resolve(digest, signal)).toMatchObject({ mediaType, digest });
        expect(Buffer.compare((await source.fetchManifest(descriptor, signal))?.bytes ?? Buffer.of(), bytes)).toBe(0);
        for (const blob of image.blobs) {
          expect(Buffer.compare(await read(source, blob), Buffer.concat([...blob.read()]))).toBe(0);
        }
      }),
    );

    it(
      "lists the referrers of a manifest",
      against(async ({ source, target }) => {
        const signed = withReferrer(image, "application/vnd.example.signature", Buffer.from("one"));
        await put(target, withReferrer(signed, "application/vnd.example.sbom", Buffer.from("two")));
        const listed = await source.listReferrers(image.root.descriptor.digest, signal);
        expect(listed).toHaveLength(2);
        for (const { digest } of listed) expect(await source.fetchManifest({ digest }, signal)).toBeDefined();
      }),
    );

    it(
      "lets a reader leave a stream early, and a signal abort every call",
      against(async ({ source, target }) => {
        await put(target, image);
        const [blob] = image.blobs.toSorted((a, b) => b.descriptor.size - a.descriptor.size);
        if (blob === undefined) throw new Error("the image has blobs");
        for (let times = 0; times < 3; times++) {
          await using stream = await source.openBlob(blob.descriptor, signal);
          for await (const chunk of stream) if (chunk.byteLength > 0) break;
        }
        const over = AbortSignal.abort(new Error("over"));
        await expect(source.resolve(v1, over)).rejects.toThrow("over");
        await expect(source.openBlob(blob.descriptor, over)).rejects.toThrow("over");
      }),
    );
  });

  describe(`${name} as an image target`, () => {
    it(
      "has a blob after its push, even one without bytes, and is empty until it has a tag",
      against(async ({ target }) => {
        const blob = blobOf(randomBytes(70_000), "application/octet-stream");
        const zero = blobOf(new Uint8Array(), "application/octet-stream");
        expect(await target.hasBlob(blob.descriptor, signal)).toBe(false);
        for (const each of [blob, zero]) {
          expect(await target.pushBlob(each.descriptor, opening(each), signal)).toEqual({ kind: "uploaded" });
          expect(await target.hasBlob(each.descriptor, signal)).toBe(true);
        }
        expect(await target.isEmpty(signal)).toBe(true);
      }),
    );

    it(
      "is not empty once it has a tag",
      against(async ({ target }) => {
        await put(target, image);
        expect(await target.isEmpty(signal)).toBe(false);
      }),
    );

    it(
      "does not have a blob whose upload broke off",
      against(async ({ target }) => {
        const { descriptor } = blobOf(randomBytes(70_000), "application/octet-stream");
        function* broken(): Generator<Uint8Array> {
          yield randomBytes(30_000);
          throw new Error("the source broke");
        }
        const push = target.pushBlob(descriptor, { open: async () => streamOf(broken()) }, signal);
        await expect(push).rejects.toThrow("the source broke");
        expect(await target.hasBlob(descriptor, signal)).toBe(false);
      }),
    );

    it(
      "uploads a blob that the repository to mount from does not have",
      against(async ({ target }) => {
        const blob = blobOf(randomBytes(70_000), "application/octet-stream");
        const mountFrom = parseRepositoryName("p/r/elsewhere");
        const how = await target.pushBlob(blob.descriptor, { ...opening(blob), mountFrom }, signal);
        expect(how).toEqual({ kind: "uploaded" });
        expect(await target.hasBlob(blob.descriptor, signal)).toBe(true);
      }),
    );

    it(
      "refuses a manifest with missing content permanently, with a code that says so",
      against(async ({ target }) => {
        const { descriptor, bytes } = image.root;
        await expect(target.putManifest({ ...descriptor, bytes }, v1, signal)).rejects.toMatchObject({
          side: "target",
          operation: "put-manifest",
          category: "permanent",
          code: expect.stringMatching(/BLOB_UNKNOWN|MANIFEST_UNKNOWN/),
        });
        expect(await target.resolve(v1, signal)).toBeUndefined();
      }),
    );

    it(
      "moves a tag to the last manifest put under it, and keeps the previous one",
      against(async ({ target }) => {
        await put(target, image);
        const next = indexOf([image]);
        await put(target, next);
        expect(await target.resolve(v1, signal)).toMatchObject({ digest: next.root.descriptor.digest });
        expect(await target.resolve(image.root.descriptor.digest, signal)).toBeDefined();
      }),
    );

    it(
      "accepts the same content twice",
      against(async ({ target }) => {
        await put(target, image);
        await put(target, image);
        expect(await target.resolve(v1, signal)).toMatchObject({ digest: image.root.descriptor.digest });
      }),
    );
  });
}
