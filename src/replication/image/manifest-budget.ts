import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { FormatError } from "../../oci/errors/format-error.ts";

/**
 * Limits against hostile images: what may be read and held of one image (fault R10, threat T17). Without them, anyone who can push
 * to the source could exhaust the memory of the copy function; registries accept manifests of 4 MiB.
 */
export interface ManifestBudget {
  /** Before a manifest is read. @throws {FormatError} when there are too many, or they are nested too deep. */
  beforeRead(digest: Digest, size: number | undefined, depth: number): void;
  /** When a manifest was read: its own bytes, and what it points to. @throws {FormatError} before any of that is read. */
  afterRead(found: ReadManifest): void;
}

export interface ReadManifest {
  /** Bytes beyond the size in its descriptor. */
  readonly unnamedBytes: number;
  readonly manifests: readonly Descriptor[];
  readonly blobs: number;
}

/** The limits: manifests, their total bytes, and blobs; a blob counts once for each manifest that names it. */
export interface ManifestLimits {
  readonly manifests: number;
  readonly bytes: number;
  readonly blobs: number;
}

const MIB: number = 1024 * 1024;
/** Of an image: real ones have a manifest of some kilobytes for each platform. */
export const IMAGE_LIMITS: ManifestLimits = { manifests: 1_000, bytes: 64 * MIB, blobs: 20_000 };
/** For all referrers of an image: it is copied without those beyond the limit. */
export const ATTACHED_LIMITS: ManifestLimits = { manifests: 12_000, bytes: 64 * MIB, blobs: 50_000 };
/** Depth of nested indexes. Real ones have one level, those of build caches two. */
const MAX_DEPTH = 8;

export function createManifestBudget(limits: ManifestLimits): ManifestBudget {
  const entered = new Set<Digest>();
  let bytes = 0;
  let blobs = 0;

  function assertWithin(manifests: number, held: number): void {
    if (manifests > limits.manifests) throw new FormatError("manifests", `more than ${limits.manifests} in one image`);
    if (held > limits.bytes) throw new FormatError("manifests", `more than ${limits.bytes} bytes of them in one image`);
  }

  return {
    beforeRead(digest, size, depth) {
      if (depth > MAX_DEPTH) throw new FormatError("manifests", `nested deeper than ${MAX_DEPTH} indexes`);
      entered.add(digest);
      bytes += size ?? 0;
      assertWithin(entered.size, bytes);
    },
    afterRead(found) {
      bytes += found.unnamedBytes;
      blobs += found.blobs;
      if (blobs > limits.blobs) throw new FormatError("layers", `more than ${limits.blobs} blobs in one image`);
      const fresh = found.manifests.filter(({ digest }) => !entered.has(digest));
      assertWithin(
        entered.size + fresh.length,
        fresh.reduce((sum, { size }) => sum + size, bytes),
      );
    },
  };
}
