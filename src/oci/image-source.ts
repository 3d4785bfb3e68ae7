import type { Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import type { Manifest } from "./manifest.ts";
import type { Tag } from "./reference.ts";

/** Reads one repository. Adapters throw typed errors of side `source`; missing content is a result, not an error. */
export type ImageSource = ManifestSource & BlobSource;

/** False for a tag that a listing of the repository, taken a moment ago, does not have. */
export type MayHaveTag = (tag: string, signal: AbortSignal) => Promise<boolean>;

export interface ManifestSource {
  /** What a tag or digest names now. Undefined when there is no such manifest. */
  resolve(reference: Tag | Digest, signal: AbortSignal): Promise<ResolvedManifest | undefined>;
  /** What a tag or digest names now, with its bytes: one request where `resolve` and `fetchManifest` are two. */
  readManifest(reference: Tag | Digest, signal: AbortSignal): Promise<Manifest | undefined>;
  /** The exact bytes of a manifest by digest, hash checked. Undefined when there is no such manifest. */
  fetchManifest(wanted: ManifestWanted, signal: AbortSignal): Promise<Manifest | undefined>;
  /**
   * Manifests whose subject is this digest (distribution-spec, "Listing Referrers"), by API or tag schema. A referrers tag that the
   * repository cannot have is not requested.
   */
  listReferrers(subject: Digest, signal: AbortSignal, mayHaveTag?: MayHaveTag): Promise<readonly Descriptor[]>;
}

export interface BlobSource {
  /** True when the repository confirms that it has the blob; false when it denies that, or does not say. */
  hasBlob(descriptor: Descriptor, signal: AbortSignal): Promise<boolean>;
  /** A blob's bytes from the start. The stream fails unless it has exactly `size` bytes with this digest. */
  openBlob(descriptor: Descriptor, signal: AbortSignal): Promise<BlobStream>;
}

/**
 * A manifest as a registry describes it without its bytes. The digest is verified when the bytes are fetched; the media type is a
 * hint. There is no size, because proxies that compress report another one.
 */
export type ResolvedManifest = Pick<Descriptor, "digest" | "mediaType">;

/**
 * A manifest to fetch. Its size is checked where an index names it; its type is what its bytes say. One that was read already needs no
 * request.
 */
export type ManifestWanted = Pick<Descriptor, "digest"> &
  Partial<Pick<Descriptor, "mediaType" | "size"> & Pick<Manifest, "bytes">>;

/** The bytes of a blob. Reading to the end, `return` and disposal release the connection. */
export type BlobStream = AsyncIterable<Uint8Array> & AsyncDisposable;
