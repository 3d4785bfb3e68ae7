import type { Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import type { BlobStream, ResolvedManifest } from "./image-source.ts";
import type { Manifest } from "./manifest.ts";
import type { RepositoryName, Tag } from "./reference.ts";

/** One repository, written. Adapters throw typed errors of side `target` (or of the side whose stream broke). */
export interface ImageTarget {
  /** What a tag or digest names now. Undefined when there is no such manifest. */
  resolve(reference: Tag | Digest, signal: AbortSignal): Promise<ResolvedManifest | undefined>;
  /** True when the blob can be referenced by a manifest put into this repository. */
  hasBlob(descriptor: Descriptor, signal: AbortSignal): Promise<boolean>;
  /** True when the repository holds nothing yet: one listing instead of a question per blob. May be a minute old. */
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
   * Told how long the registry itself took for an upload, in milliseconds: from when it was offered bytes to its answer,
   * without the time they took to come, and without waiting for anything of ours.
   */
  readonly onUploaded?: ((tookMs: number) => void) | undefined;
  /** Opens the bytes from the start; called once per upload session, while that is being opened. */
  readonly open: (signal: AbortSignal) => Promise<BlobStream>;
  /** Asked before a blob is sent again from its start by the same call: false ends it with what failed. Always true where absent. */
  readonly mayResend?: (() => boolean) | undefined;
  /** Another repository of this registry that has the blob: asks for a mount first (distribution-spec, "Mounting"). */
  readonly mountFrom?: RepositoryName | undefined;
}

/** How a blob came to be in the repository. */
export type PushedBlob = { readonly kind: "uploaded" | "mounted" };
