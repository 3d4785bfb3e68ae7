import type { Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import type { BlobStream, ResolvedManifest } from "./image-source.ts";
import type { Manifest } from "./manifest.ts";
import type { RepositoryName, Tag } from "./reference.ts";

/** Writes one repository. Adapters throw typed errors of side `target`, or of side `source` when the stream of a blob fails. */
export interface ImageTarget {
  /** What a tag or digest names now. Undefined when there is no such manifest. */
  resolve(reference: Tag | Digest, signal: AbortSignal): Promise<ResolvedManifest | undefined>;
  /** True when the blob can be referenced by a manifest put into this repository. */
  hasBlob(descriptor: Descriptor, signal: AbortSignal): Promise<boolean>;
  /** True when the repository is empty: one listing saves a check per blob. The result may be a minute old. */
  isEmpty(signal: AbortSignal): Promise<boolean>;
  /** Writes one blob: one upload session, one request with the exact Content-Length (distribution-spec, "POST then PUT"). */
  pushBlob(descriptor: Descriptor, options: PushBlob, signal: AbortSignal): Promise<PushedBlob>;
  /**
   * Puts the exact bytes under a tag, or under their digest. Everything they point to must be there.
   * @returns the digest that the registry says it stored; undefined when it does not say.
   */
  putManifest(manifest: Manifest, reference: Tag | Digest, signal: AbortSignal): Promise<Digest | undefined>;
}

export interface PushBlob {
  /**
   * Called with the milliseconds that the registry itself took for an upload: from the first byte to the response,
   * without the waits for the source's bytes and for our own limits.
   */
  readonly onUploaded?: ((tookMs: number) => void) | undefined;
  /** Opens the bytes from the start. Called once per upload session, and once more for each redirect. */
  readonly open: (signal: AbortSignal) => Promise<BlobStream>;
  /** Called before a blob is sent again from byte 0: false ends the call with the last failure. Default: always true. */
  readonly mayResend?: (() => boolean) | undefined;
  /** Another repository of this registry that has the blob: a mount is tried first (distribution-spec, "Mounting"). */
  readonly mountFrom?: RepositoryName | undefined;
}

/** How a blob got into the repository. */
export type PushedBlob = { readonly kind: "uploaded" | "mounted" };
