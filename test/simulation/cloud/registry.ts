import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { digestOf, isDigest } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { successors } from "../../../src/oci/manifest.ts";
import type { Manifest } from "../../../src/oci/manifest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";

/** The content of a repository. */
export interface Repository {
  readonly blobs: Map<Digest, Uint8Array>;
  readonly manifests: Map<Digest, Manifest>;
  readonly tags: Map<string, Digest>;
  /** Referrers by the digest of their subject. */
  readonly referrers: Map<Digest, Descriptor[]>;
  /** When a manifest was pushed under a tag, in epoch milliseconds. */
  readonly pushedAt: Map<Digest, number>;
}

function createRepository(blobs: Repository["blobs"]): Repository {
  return { blobs, manifests: new Map(), tags: new Map(), referrers: new Map(), pushedAt: new Map() };
}

export interface Registry {
  readonly repositories: ReadonlyMap<string, Repository>;
  /** Creates the repository if it does not exist. */
  repository(name: string): Repository;
  /** Deletes a repository with all that it has. */
  remove(name: string): void;
  /** The bytes of a blob in any repository. */
  find(digest: Digest): Uint8Array | undefined;
}

/** @param sharesBlobs a blob of one repository is in every repository, as in Artifact Registry. */
export function createRegistry(sharesBlobs: boolean): Registry {
  const repositories = new Map<string, Repository>();
  const shared: Repository["blobs"] = new Map();
  return {
    repositories,
    repository(name) {
      const known = repositories.get(name) ?? createRepository(sharesBlobs ? shared : new Map());
      repositories.set(name, known);
      return known;
    },
    remove: (name) => void repositories.delete(name),
    find: (digest) =>
      [...repositories.values()].map(({ blobs }) => blobs.get(digest)).find((bytes) => bytes !== undefined),
  };
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Many seeds use the same layers: each is hashed once. */
const known = new Map<string, { readonly bytes: Uint8Array; readonly digest: Digest }>();

const described = (bytes: Uint8Array) => ({ bytes, digest: digestOf(bytes) });

function addBlob({ blobs }: Repository, text: string, mediaType: string): Descriptor {
  const blob = known.get(text) ?? described(encode(text));
  if (text.startsWith("layer")) known.set(text, blob);
  blobs.set(blob.digest, blob.bytes);
  return { mediaType, digest: blob.digest, size: blob.bytes.byteLength };
}

function addManifest(repository: Repository, document: object, mediaType: string): Descriptor {
  const bytes = encode(JSON.stringify({ schemaVersion: 2, mediaType, ...document }));
  const digest = digestOf(bytes);
  putManifest(repository, { mediaType, digest, bytes });
  return { mediaType, digest, size: bytes.byteLength };
}

/** Stores a manifest, and lists it as a referrer of its subject. @returns the subject. */
export function putManifest({ manifests, referrers }: Repository, manifest: Manifest): Digest | undefined {
  const { bytes, mediaType, digest } = manifest;
  const { subject } = successors(bytes, mediaType);
  if (subject !== undefined && !manifests.has(digest)) {
    const known = referrers.get(subject.digest) ?? [];
    referrers.set(subject.digest, [...known, { mediaType, digest, size: bytes.byteLength }]);
  }
  manifests.set(digest, manifest);
  return subject?.digest;
}

/** Adds a signature as cosign does: a manifest with a subject. @param signed what was signed; without it, the signature is none. */
export function addSignature(
  repository: Repository,
  subject: Descriptor,
  signed?: { readonly payload: string; readonly signature: string },
): Descriptor {
  const payload = signed?.payload ?? `signature of ${subject.digest}`;
  const blob = addBlob(repository, payload, "application/vnd.dev.cosign.simplesigning.v1+json");
  const annotations = signed && { "dev.cosignproject.cosign/signature": signed.signature };
  const layer = annotations === undefined ? blob : { ...blob, annotations };
  const config = addBlob(repository, "{}", "application/vnd.oci.empty.v1+json");
  return addManifest(repository, { config, layers: [layer], subject }, MediaType.ociManifest);
}

/** Adds an image. @param layers the layers as texts. */
export function addImage(repository: Repository, layers: readonly string[]): Descriptor {
  const described = layers.map((text) => addBlob(repository, text, MediaType.ociLayer));
  const config = addBlob(repository, JSON.stringify(described.map(({ digest }) => digest)), MediaType.ociConfig);
  return addManifest(repository, { config, layers: described }, MediaType.ociManifest);
}

export function addIndex(repository: Repository, children: readonly Descriptor[]): Descriptor {
  return addManifest(repository, { manifests: children }, MediaType.ociIndex);
}

/** Digests that a manifest points to and that the repository does not hold. */
export function missingFrom({ blobs, manifests }: Repository, { bytes, mediaType }: Manifest): Digest[] {
  const found = successors(bytes, mediaType);
  return [
    ...found.blobs.map(({ digest }) => digest).filter((digest) => !blobs.has(digest)),
    ...found.manifests.map(({ digest }) => digest).filter((digest) => !manifests.has(digest)),
  ];
}

/** Digests that are missing below a manifest, at any depth. */
export function missingUnder(repository: Repository, digest: Digest): Digest[] {
  const manifest = repository.manifests.get(digest);
  if (manifest === undefined) return [digest];
  const below = successors(manifest.bytes, manifest.mediaType).manifests;
  return [...missingFrom(repository, manifest), ...below.flatMap((child) => missingUnder(repository, child.digest))];
}

/** Deletes the blobs that no manifest points to. @returns how many. */
export function collectGarbage({ repositories }: Registry): number {
  const used = new Map<Repository["blobs"], Set<Digest>>();
  for (const { blobs, manifests } of repositories.values()) {
    const known = used.get(blobs) ?? new Set();
    used.set(blobs, known);
    for (const { bytes, mediaType } of manifests.values()) {
      for (const { digest } of successors(bytes, mediaType).blobs) known.add(digest);
    }
  }
  let collected = 0;
  for (const [blobs, known] of used) {
    const garbage = [...blobs.keys()].filter((digest) => !known.has(digest));
    for (const digest of garbage) blobs.delete(digest);
    collected += garbage.length;
  }
  return collected;
}

export function resolveIn({ manifests, tags }: Repository, reference: string): Descriptor | undefined {
  const digest = isDigest(reference) ? reference : tags.get(reference);
  const manifest = digest && manifests.get(digest);
  return manifest && { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.byteLength };
}
