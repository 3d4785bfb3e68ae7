import { algorithmOf, createHasher, digestOf, hexOf, isDigest } from "../../src/oci/digest.ts";
import type { Digest } from "../../src/oci/digest.ts";
import type { BlobStream, ImageSource } from "../../src/oci/image-source.ts";
import type { ImageTarget } from "../../src/oci/image-target.ts";
import { successors } from "../../src/oci/manifest.ts";
import type { Manifest } from "../../src/oci/manifest.ts";
import { isNonDistributable, manifestKind } from "../../src/oci/media-type.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import { RegistryError } from "../../src/oci/errors/registry-error.ts";
import type { RegistryOperation, Side } from "../../src/oci/errors/registry-error.ts";

/** A call to a repository, before its answer. */
export interface Call {
  readonly operation: RegistryOperation;
  readonly reference: string;
}

/** A repository in memory that follows the protocol: it refuses a manifest whose children or blobs are missing. */
export interface MemoryRepository extends ImageSource, ImageTarget {
  readonly calls: Call[];
  readonly blobs: Map<Digest, Uint8Array>;
  readonly manifests: Map<Digest, Manifest>;
  readonly tags: Map<string, Digest>;
  /** Runs before each answer; it may change the repository, wait or throw. */
  before: (call: Call) => void | Promise<void>;
  /** The bytes of a blob that another repository holds and this one may mount. */
  mounts: (digest: Digest, from: RepositoryName) => Uint8Array | undefined;
  /** The reported duration of an upload, in milliseconds. */
  uploadMs: number;
  addBlob(bytes: Uint8Array): Digest;
  addManifest(document: object, mediaType: string, tag?: string): Digest;
}

/** Creates a repository, or another side of the `same` one. */
export function createMemoryRepository(side: Side, same?: MemoryRepository): MemoryRepository {
  const blobs = same?.blobs ?? new Map<Digest, Uint8Array>();
  const manifests = same?.manifests ?? new Map<Digest, Manifest>();
  const tags = same?.tags ?? new Map<string, Digest>();
  const calls: Call[] = [];

  const fail = (operation: RegistryOperation, subject: string, code: string): RegistryError =>
    new RegistryError({ side, operation, subject, category: "permanent", status: 404, code }, code);

  async function called(operation: RegistryOperation, reference: string, signal: AbortSignal): Promise<void> {
    const call = { operation, reference };
    calls.push(call);
    await repository.before(call);
    signal.throwIfAborted();
  }

  function missing(manifest: Manifest): Digest | undefined {
    if (manifestKind(manifest.mediaType) === "schema1") return undefined;
    const found = successors(manifest.bytes, manifest.mediaType);
    const blob = found.blobs.find(({ digest, mediaType }) => !isNonDistributable(mediaType) && !blobs.has(digest));
    return (blob ?? found.manifests.find(({ digest }) => !manifests.has(digest)))?.digest;
  }

  const repository: MemoryRepository = {
    calls,
    blobs,
    manifests,
    tags,
    before: () => undefined,
    mounts: () => undefined,
    uploadMs: 1,
    addBlob(bytes) {
      const digest = digestOf(bytes);
      blobs.set(digest, bytes);
      return digest;
    },
    addManifest(document, mediaType, tag) {
      const bytes = new TextEncoder().encode(JSON.stringify(document));
      const digest = digestOf(bytes);
      manifests.set(digest, { mediaType, digest, bytes });
      if (tag !== undefined) tags.set(tag, digest);
      return digest;
    },
    async resolve(reference, signal) {
      await called("resolve", reference, signal);
      const digest = isDigest(reference) ? reference : tags.get(reference);
      const manifest = digest && manifests.get(digest);
      return manifest && { mediaType: manifest.mediaType, digest: manifest.digest };
    },
    async readManifest(reference, signal) {
      const found = await repository.resolve(reference, signal);
      return found && manifests.get(found.digest);
    },
    async fetchManifest(wanted, signal) {
      const { digest, mediaType, bytes } = wanted;
      if (bytes !== undefined && mediaType !== undefined) return { mediaType, digest, bytes };
      await called("fetch-manifest", digest, signal);
      return manifests.get(digest);
    },
    async openBlob({ digest }, signal) {
      await called("open-blob", digest, signal);
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw fail("open-blob", digest, "BLOB_UNKNOWN");
      return inPieces(bytes);
    },
    async listReferrers(subject, signal) {
      await called("list-referrers", subject, signal);
      return [...manifests.values()]
        .filter((manifest) => subjectOf(manifest) === subject)
        .map(({ mediaType, digest, bytes }) => ({ mediaType, digest, size: bytes.byteLength }));
    },
    async hasBlob({ digest }, signal) {
      await called("head-blob", digest, signal);
      return blobs.has(digest);
    },
    async isEmpty(signal) {
      await called("list-tags", "", signal);
      return tags.size === 0;
    },
    async pushBlob({ digest, size }, { open, mountFrom, onUploaded }, signal) {
      await called("put-blob", digest, signal);
      const mounted = mountFrom && repository.mounts(digest, mountFrom);
      if (mounted !== undefined) {
        blobs.set(digest, mounted);
        return { kind: "mounted" };
      }
      await using stream = await open(signal);
      const hasher = createHasher(digest);
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      if (bytes.byteLength !== size || hasher.update(bytes).digest("hex") !== hexOf(digest)) {
        throw fail("put-blob", digest, "DIGEST_INVALID");
      }
      signal.throwIfAborted();
      blobs.set(digest, bytes);
      onUploaded?.(repository.uploadMs);
      return { kind: "uploaded" };
    },
    async putManifest(manifest, reference, signal) {
      await called("put-manifest", reference, signal);
      if (digestOf(manifest.bytes, algorithmOf(manifest.digest)) !== manifest.digest) {
        throw fail("put-manifest", reference, "DIGEST_INVALID");
      }
      if (missing(manifest) !== undefined) throw fail("put-manifest", reference, "MANIFEST_BLOB_UNKNOWN");
      manifests.set(manifest.digest, manifest);
      if (!isDigest(reference)) tags.set(reference, manifest.digest);
    },
  };
  return repository;
}

/** The subject of a manifest; undefined also for one that cannot be parsed. */
function subjectOf({ bytes, mediaType }: Manifest): Digest | undefined {
  try {
    return successors(bytes, mediaType).subject?.digest;
  } catch {
    return undefined;
  }
}

/** Bytes in several chunks, as from a network. */
function inPieces(bytes: Uint8Array): BlobStream {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let start = 0; start < bytes.byteLength; start += 1_000)
      yield await Promise.resolve(bytes.subarray(start, start + 1_000));
  }
  return { [Symbol.asyncIterator]: pieces, [Symbol.asyncDispose]: () => Promise.resolve() };
}
