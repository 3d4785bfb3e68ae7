import { createHash } from "node:crypto";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import type { Platform } from "../../src/oci/platform.ts";
import { seededBytes } from "./seeded-bytes.ts";
import { tarOf, tarSize } from "./tar.ts";

/** A blob that can be read again and again, and is never whole in memory unless it is small. */
export interface BlobContent {
  readonly descriptor: Descriptor;
  readonly read: () => Iterable<Uint8Array>;
}

export interface ManifestContent {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** An image as it can be pushed. */
export interface ImageContent {
  /** Children before parents; the root is the last one but for what is attached to it. */
  readonly manifests: readonly ManifestContent[];
  readonly root: ManifestContent;
  readonly blobs: readonly BlobContent[];
}

/** A layer of `size` bytes of content, told by its seed: a tar archive of one file. Reads it through once for its digest. */
export function layer(seed: string, size: number): BlobContent {
  const read = (): Iterable<Uint8Array> => tarOf(`${seed}.bin`, size, seededBytes(seed, size));
  const hash = createHash("sha256");
  for (const chunk of read()) hash.update(chunk);
  const digest: Digest = `sha256:${hash.digest("hex")}`;
  return { descriptor: { mediaType: MediaType.ociLayer, digest, size: tarSize(size) }, read };
}

/** Small content from bytes. */
export function blobOf(bytes: Uint8Array, mediaType: string): BlobContent {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, read: () => [bytes] };
}

/** An image for one platform (image-spec, manifest.md). */
export function imageOf(layers: readonly BlobContent[], platform: Platform): ImageContent {
  const config = blobOf(
    json({
      ...platform,
      config: {},
      rootfs: { type: "layers", diff_ids: layers.map(({ descriptor }) => descriptor.digest) },
      history: layers.map(() => ({ created_by: "freightliner demo" })),
    }),
    MediaType.ociConfig,
  );
  const root = manifestOf(MediaType.ociManifest, {
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  });
  return {
    root: { ...root, descriptor: { ...root.descriptor, platform } },
    manifests: [root],
    blobs: [config, ...layers],
  };
}

/** An index over images, each with its platform (image-spec, image-index.md). */
export function indexOf(images: readonly ImageContent[]): ImageContent {
  const root = manifestOf(MediaType.ociIndex, { manifests: images.map((image) => image.root.descriptor) });
  return {
    root,
    manifests: [...images.flatMap(({ manifests }) => manifests), root],
    blobs: images.flatMap(({ blobs }) => blobs),
  };
}

/** The image with something attached to its root: a manifest whose subject it is (image-spec, manifest.md "subject"). */
export function withReferrer(image: ImageContent, artifactType: string, payload: Uint8Array): ImageContent {
  const empty = blobOf(new TextEncoder().encode("{}"), MediaType.ociEmpty);
  const content = blobOf(payload, "application/octet-stream");
  const { mediaType, digest, size } = image.root.descriptor;
  const referrer = manifestOf(MediaType.ociManifest, {
    artifactType,
    config: empty.descriptor,
    layers: [content.descriptor],
    subject: { mediaType, digest, size },
  });
  return { root: image.root, manifests: [...image.manifests, referrer], blobs: [...image.blobs, empty, content] };
}

function manifestOf(mediaType: string, document: object): ManifestContent {
  const bytes = json({ schemaVersion: 2, mediaType, ...document });
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes };
}

function json(document: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}
