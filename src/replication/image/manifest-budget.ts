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
  /** After a manifest was read, before its children are. @throws {FormatError} when they would exceed the limits. */
  afterRead(found: ReadManifest): void;
}

export interface ReadManifest {
  /** Bytes beyond the size in its descriptor. */
  readonly unnamedBytes: number;
  readonly manifests: readonly Descriptor[];
  readonly blobs: number;
}

/** Limits of manifests, of their bytes in total, and of blobs. A blob counts once for each manifest that names it. */
export interface ManifestLimits {
  readonly manifests: number;
  readonly bytes: number;
  readonly blobs: number;
}

const MIB: number = 1024 * 1024;
/** Of an image. Real images have one manifest of a few kilobytes for each platform. */
export const IMAGE_LIMITS: ManifestLimits = { manifests: 1_000, bytes: 64 * MIB, blobs: 20_000 };
/** Of all its attachments. Those beyond the limits are left out, and the image is copied. */
export const ATTACHED_LIMITS: ManifestLimits = { manifests: 12_000, bytes: 64 * MIB, blobs: 50_000 };
/** Nesting of indexes. Real images have one level, build caches two. */
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
