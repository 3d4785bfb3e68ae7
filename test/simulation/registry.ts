import type { Descriptor } from "../../src/oci/descriptor.ts";
import { digestOf, isDigest } from "../../src/oci/digest.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { successors } from "../../src/oci/manifest.ts";
import type { Manifest } from "../../src/oci/manifest.ts";
import { MediaType } from "../../src/oci/media-type.ts";

/** What a repository holds. */
export interface Repository {
  readonly blobs: Map<Digest, Uint8Array>;
  readonly manifests: Map<Digest, Manifest>;
  readonly tags: Map<string, Digest>;
  /** When a manifest was pushed under a tag (milliseconds since the beginning). */
  readonly pushedAt: Map<Digest, number>;
}

export function createRepository(): Repository {
  return { blobs: new Map(), manifests: new Map(), tags: new Map(), pushedAt: new Map() };
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Layers are shared by many seeds: they are hashed once. */
const known = new Map<string, { readonly bytes: Uint8Array; readonly digest: Digest }>();

function addBlob({ blobs }: Repository, text: string, mediaType: string): Descriptor {
  const blob = known.get(text) ?? { bytes: encode(text), digest: digestOf(encode(text)) };
  if (text.startsWith("layer")) known.set(text, blob);
  blobs.set(blob.digest, blob.bytes);
  return { mediaType, digest: blob.digest, size: blob.bytes.byteLength };
}

function addManifest({ manifests }: Repository, document: object, mediaType: string): Descriptor {
  const bytes = encode(JSON.stringify({ schemaVersion: 2, mediaType, ...document }));
  const digest = digestOf(bytes);
  manifests.set(digest, { mediaType, digest, bytes });
  return { mediaType, digest, size: bytes.byteLength };
}

/** An image of layers, by their texts. */
export function addImage(repository: Repository, layers: readonly string[]): Descriptor {
  const described = layers.map((text) => addBlob(repository, text, MediaType.ociLayer));
  const config = addBlob(repository, JSON.stringify(described.map(({ digest }) => digest)), MediaType.ociConfig);
  return addManifest(repository, { config, layers: described }, MediaType.ociManifest);
}

export function addIndex(repository: Repository, children: readonly Descriptor[]): Descriptor {
  return addManifest(repository, { manifests: children }, MediaType.ociIndex);
}

/** What a manifest points to and the repository does not have. */
export function missingFrom({ blobs, manifests }: Repository, { bytes, mediaType }: Manifest): Digest[] {
  const found = successors(bytes, mediaType);
  return [
    ...found.blobs.map(({ digest }) => digest).filter((digest) => !blobs.has(digest)),
    ...found.manifests.map(({ digest }) => digest).filter((digest) => !manifests.has(digest)),
  ];
}

/** What is missing under a tag, all the way down. */
export function missingUnder(repository: Repository, digest: Digest): Digest[] {
  const manifest = repository.manifests.get(digest);
  if (manifest === undefined) return [digest];
  const below = successors(manifest.bytes, manifest.mediaType).manifests;
  return [...missingFrom(repository, manifest), ...below.flatMap((child) => missingUnder(repository, child.digest))];
}

/** Collects blobs that no manifest points to, as registries do when they have time. */
export function collectGarbage(repository: Repository): number {
  const used = new Set<Digest>();
  for (const { bytes, mediaType } of repository.manifests.values()) {
    for (const { digest } of successors(bytes, mediaType).blobs) used.add(digest);
  }
  const garbage = [...repository.blobs.keys()].filter((digest) => !used.has(digest));
  for (const digest of garbage) repository.blobs.delete(digest);
  return garbage.length;
}

export function resolveIn({ manifests, tags }: Repository, reference: string): Descriptor | undefined {
  const digest = isDigest(reference) ? reference : tags.get(reference);
  const manifest = digest && manifests.get(digest);
  return manifest && { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.byteLength };
}
