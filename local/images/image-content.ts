import { createHash } from "node:crypto";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import type { Digest, DigestAlgorithm } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import type { Platform } from "../../src/oci/platform.ts";
import { seededBytes } from "./seeded-bytes.ts";
import { tarOf, tarSize } from "./tar.ts";

/** A blob that can be read repeatedly. Only small ones are in memory as a whole. */
export interface BlobContent {
  readonly descriptor: Descriptor;
  readonly read: () => Iterable<Uint8Array>;
  /** Of a compressed layer: the digest of its archive before compression (image-spec, config.md "Layer DiffID"). */
  readonly diffId?: Digest;
}

export interface ManifestContent {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** An image as it can be pushed. */
export interface ImageContent {
  /** Children before parents. The root comes last, except for what is attached to it. */
  readonly manifests: readonly ManifestContent[];
  readonly root: ManifestContent;
  readonly blobs: readonly BlobContent[];
}

/** Whose media types an image uses; the documents are otherwise the same. */
export type ImageFormat = "oci" | "docker";

const TYPES = {
  oci: { manifest: MediaType.ociManifest, index: MediaType.ociIndex, config: MediaType.ociConfig },
  docker: {
    manifest: MediaType.dockerManifest,
    index: MediaType.dockerList,
    config: "application/vnd.docker.container.image.v1+json",
  },
} as const satisfies Record<ImageFormat, object>;

const DOCKER_LAYERS: ReadonlyMap<string, string> = new Map([
  [MediaType.ociLayer, "application/vnd.docker.image.rootfs.diff.tar"],
  [MediaType.ociLayerGzip, "application/vnd.docker.image.rootfs.diff.tar.gzip"],
]);

/**
 * A layer with `size` bytes of content, which depend only on the seed: a tar archive of one file. Reads it once for its
 * digest.
 */
export function layer(seed: string, size: number): BlobContent {
  const read = (): Iterable<Uint8Array> => tarOf(`${seed}.bin`, size, seededBytes(seed, size));
  const hash = createHash("sha256");
  for (const chunk of read()) hash.update(chunk);
  const digest: Digest = `sha256:${hash.digest("hex")}`;
  return { descriptor: { mediaType: MediaType.ociLayer, digest, size: tarSize(size) }, read };
}

/** Small content from bytes, which may be empty. */
export function blobOf(bytes: Uint8Array, mediaType: string, algorithm: DigestAlgorithm = "sha256"): BlobContent {
  return { descriptor: describe(bytes, mediaType, algorithm), read: () => [bytes] };
}

/** An image for one platform (image-spec, manifest.md; Docker's image manifest version 2, schema 2). */
export function imageOf(
  layers: readonly BlobContent[],
  platform: Platform,
  format: ImageFormat = "oci",
  algorithm: DigestAlgorithm = "sha256",
): ImageContent {
  const types = TYPES[format];
  const document = {
    ...platform,
    config: {},
    rootfs: { type: "layers", diff_ids: layers.map(({ descriptor, diffId }) => diffId ?? descriptor.digest) },
    history: layers.map(() => ({ created_by: "freightliner demo" })),
  };
  const config = blobOf(json(document), types.config, algorithm);
  const descriptors = layers.map(({ descriptor }) => (format === "docker" ? asDockerLayer(descriptor) : descriptor));
  const root = manifestOf(types.manifest, { config: config.descriptor, layers: descriptors }, algorithm);
  return {
    root: { ...root, descriptor: { ...root.descriptor, platform } },
    manifests: [root],
    blobs: [config, ...layers],
  };
}

/** An index of images and other indexes, possibly empty (image-spec, image-index.md; Docker's manifest list). */
export function indexOf(images: readonly ImageContent[], format: ImageFormat = "oci"): ImageContent {
  const root = manifestOf(TYPES[format].index, { manifests: images.map((image) => image.root.descriptor) });
  return {
    root,
    manifests: [...images.flatMap(({ manifests }) => manifests), root],
    blobs: images.flatMap(({ blobs }) => blobs),
  };
}

/** The image with a referrer: a manifest whose subject is the image's root (image-spec, manifest.md "subject"). */
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

function manifestOf(mediaType: string, document: object, algorithm: DigestAlgorithm = "sha256"): ManifestContent {
  const bytes = json({ schemaVersion: 2, mediaType, ...document });
  return { descriptor: describe(bytes, mediaType, algorithm), bytes };
}

function describe(bytes: Uint8Array, mediaType: string, algorithm: DigestAlgorithm): Descriptor {
  return { mediaType, digest: digestOf(bytes, algorithm), size: bytes.byteLength };
}

function asDockerLayer(descriptor: Descriptor): Descriptor {
  return { ...descriptor, mediaType: DOCKER_LAYERS.get(descriptor.mediaType) ?? descriptor.mediaType };
}

function json(document: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}
