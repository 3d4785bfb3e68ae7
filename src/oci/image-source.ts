import type { Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import type { Manifest } from "./manifest.ts";
import type { Tag } from "./reference.ts";

/** One repository, read. Adapters throw typed errors of side `source`; "not there" is an answer, not an error. */
export interface ImageSource {
  /** What a tag or digest names now: type, digest and size from a HEAD. Undefined when there is no such manifest. */
  resolve(reference: Tag | Digest, signal: AbortSignal): Promise<Descriptor | undefined>;
  /** The exact bytes of a manifest by digest, hash checked. Undefined when there is no such manifest. */
  fetchManifest(wanted: ManifestWanted, signal: AbortSignal): Promise<Manifest | undefined>;
  /** A blob's bytes from the start. The stream fails unless it carries exactly `size` bytes of `digest`. */
  openBlob(descriptor: Descriptor, signal: AbortSignal): Promise<BlobStream>;
  /** Manifests whose subject is this digest (distribution-spec, "Listing Referrers"), by API or tag schema. */
  listReferrers(subject: Digest, signal: AbortSignal): Promise<readonly Descriptor[]>;
}

/** A manifest to fetch. Type and size are checked where they are known: a referrers listing can be wrong about them. */
export type ManifestWanted = Pick<Descriptor, "digest"> & Partial<Pick<Descriptor, "mediaType" | "size">>;

/** Bytes on their way. Read to the end or closed early (`return`), it gives its connection back either way. */
export type BlobStream = AsyncIterable<Uint8Array> & AsyncDisposable;
