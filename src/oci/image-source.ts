import type { Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import type { Manifest } from "./manifest.ts";
import type { Tag } from "./reference.ts";

/** One repository, read. Adapters throw typed errors of side `source`; "not there" is an answer, not an error. */
export interface ImageSource {
  /** What a tag or digest names now. Undefined when there is no such manifest. */
  resolve(reference: Tag | Digest, signal: AbortSignal): Promise<ResolvedManifest | undefined>;
  /** What a tag or digest names now, with its bytes: one request where `resolve` and `fetchManifest` are two. */
  readManifest(reference: Tag | Digest, signal: AbortSignal): Promise<Manifest | undefined>;
  /** The exact bytes of a manifest by digest, hash checked. Undefined when there is no such manifest. */
  fetchManifest(wanted: ManifestWanted, signal: AbortSignal): Promise<Manifest | undefined>;
  /** True when the repository says that it has the blob; false also when it does not say it. */
  hasBlob(descriptor: Descriptor, signal: AbortSignal): Promise<boolean>;
  /** A blob's bytes from the start. The stream fails unless it carries exactly `size` bytes of `digest`. */
  openBlob(descriptor: Descriptor, signal: AbortSignal): Promise<BlobStream>;
  /** Manifests whose subject is this digest (distribution-spec, "Listing Referrers"), by API or tag schema. */
  listReferrers(subject: Digest, signal: AbortSignal): Promise<readonly Descriptor[]>;
}

/**
 * What a registry says of a manifest without sending it: its digest, which is checked when the bytes come, and a type that
 * is a hint. No size: proxies that compress give that of other bytes.
 */
export type ResolvedManifest = Pick<Descriptor, "digest" | "mediaType">;

/**
 * A manifest to fetch. Its size is checked where an index names it; its type is what its bytes say. One that was read already needs no
 * request.
 */
export type ManifestWanted = Pick<Descriptor, "digest"> &
  Partial<Pick<Descriptor, "mediaType" | "size"> & Pick<Manifest, "bytes">>;

/** Bytes on their way. Read to the end or closed early (`return`), it gives its connection back either way. */
export type BlobStream = AsyncIterable<Uint8Array> & AsyncDisposable;
