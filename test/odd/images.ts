import { blobOf, imageOf, indexOf, layer } from "../../local/images/image-content.ts";
import type { ImageContent, ManifestContent } from "../../local/images/image-content.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import type { Odd } from "./odd.ts";
import { refusal } from "./odd-registry.ts";
import type { Oddity } from "./odd-registry.ts";

const AMD64 = { os: "linux", architecture: "amd64" };
const ARM64 = { os: "linux", architecture: "arm64" };
const IMAGE_SPEC = "https://github.com/opencontainers/image-spec/blob/v1.1.1";

/** An image that a sparse index names and its registry does not hold. */
const ABSENT = imageOf([layer("odd-absent", 2_000)], ARM64);

const plain: () => Oddity = () => (asked, next) => next(asked);

/** The image to copy where the behaviour of the registry does not depend on it. */
export function smallImage(): ImageContent {
  return imageOf([layer("odd-1", 40_000), layer("odd-2", 3_000)], AMD64);
}

/** A manifest from a JSON text. */
function manifest(mediaType: string, text: string): ManifestContent {
  const bytes = new TextEncoder().encode(text);
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes };
}

/** An image with the same blobs and a rewritten manifest. */
function rewritten(image: ImageContent, rewrite: (document: Record<string, unknown>) => unknown): ImageContent {
  const document: Record<string, unknown> = JSON.parse(new TextDecoder().decode(image.root.bytes));
  const root = manifest(image.root.descriptor.mediaType, JSON.stringify(rewrite(document)));
  return { root, manifests: [root], blobs: image.blobs };
}

/** An index with the given descriptors, pushed together with `children`. */
function index(children: readonly ImageContent[], descriptors: readonly Descriptor[]): ImageContent {
  const root = manifest(
    MediaType.ociIndex,
    JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: descriptors }),
  );
  return {
    root,
    manifests: [...children.flatMap(({ manifests }) => manifests), root],
    blobs: children.flatMap(({ blobs }) => blobs),
  };
}

/** Unusual images. */
export const IMAGES: readonly Odd[] = [
  {
    name: "writes optional fields as null",
    seenAt: "images built by programs in Go",
    source: `${IMAGE_SPEC}/descriptor.md`,
    side: "source",
    oddity: plain,
    image: () =>
      rewritten(smallImage(), (document) => ({ ...document, annotations: null, subject: null, artifactType: "" })),
  },
  {
    name: "writes the fields of descriptors as null or empty",
    seenAt: "images built by programs in Go",
    source: `${IMAGE_SPEC}/descriptor.md`,
    side: "source",
    oddity: plain,
    image: () => {
      const child = smallImage();
      const descriptor = { ...child.root.descriptor, urls: null, platform: {}, annotations: null };
      const root = manifest(
        MediaType.ociIndex,
        JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [descriptor], annotations: null }),
      );
      return { root, manifests: [...child.manifests, root], blobs: child.blobs };
    },
  },
  {
    name: "lists a child under another manifest type than its own",
    seenAt: "indexes that mix Docker and OCI types",
    source: "https://github.com/containers/skopeo/issues/1078",
    side: "source",
    oddity: plain,
    image: () => {
      const child = imageOf([layer("odd-docker", 5_000)], AMD64, "docker");
      return index([child], [{ ...child.root.descriptor, mediaType: MediaType.ociManifest }]);
    },
  },
  {
    name: "has layers of an ordinary type with urls",
    seenAt: "images of lazy-loading build tools",
    source: `${IMAGE_SPEC}/descriptor.md#properties`,
    side: "source",
    oddity: plain,
    image: () =>
      rewritten(smallImage(), (document) => ({
        ...document,
        layers: descriptorsOf(document["layers"]).map((entry) => ({ ...entry, urls: ["https://example.com/layer"] })),
      })),
  },
  {
    name: "has an artifact without layers and an empty configuration",
    seenAt: "Helm, ORAS, WASM modules",
    source: `${IMAGE_SPEC}/manifest.md#guidelines-for-artifact-usage`,
    side: "source",
    oddity: plain,
    image: () => {
      const empty = blobOf(new TextEncoder().encode("{}"), MediaType.ociEmpty);
      const root = manifest(
        MediaType.ociManifest,
        JSON.stringify({
          schemaVersion: 2,
          mediaType: MediaType.ociManifest,
          artifactType: "application/vnd.example.module",
          config: empty.descriptor,
          layers: [],
        }),
      );
      return { root, manifests: [root], blobs: [empty] };
    },
  },
  {
    name: "has an index of indexes",
    seenAt: "BuildKit caches, Homebrew",
    source: `${IMAGE_SPEC}/image-index.md`,
    side: "source",
    oddity: plain,
    image: () => indexOf([indexOf([smallImage()]), imageOf([layer("odd-arm", 2_000)], ARM64)]),
  },
  {
    name: "holds an index without some of its platforms, of which one is wanted",
    seenAt: "mirrors of chosen platforms",
    source: "https://github.com/opencontainers/distribution-spec/issues/310",
    side: "source",
    platform: { name: "linux/amd64", of: ({ manifests }) => manifests[0]?.descriptor },
    image: () => indexOf([smallImage(), ABSENT]),
    oddity: () => (asked, next) =>
      asked.url.endsWith(ABSENT.root.descriptor.digest) ? refusal(404, "MANIFEST_UNKNOWN") : next(asked),
  },
];

function descriptorsOf(value: unknown): readonly object[] {
  return Array.isArray(value)
    ? value.filter((entry): entry is object => typeof entry === "object" && entry !== null)
    : [];
}
