import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { FormatError } from "../oci/format-error.ts";

/**
 * Bounds against hostile images: what may be read and held of one image (fault R10, threat T17). Whoever may push to the
 * source could otherwise fill the memory of the copy function; registries take manifests of 4 MiB.
 */
export interface ManifestBudget {
  /** Before a manifest is read. @throws {FormatError} when there are too many, or they are nested too deep. */
  enter(digest: Digest, size: number | undefined, depth: number): void;
  /** When a manifest was read: its own bytes, and what it points to. @throws {FormatError} before any of that is read. */
  hold(found: Held): void;
}

export interface Held {
  /** Bytes above those its descriptor had named. */
  readonly unnamedBytes: number;
  readonly manifests: readonly Descriptor[];
  readonly blobs: number;
}

/** Indexes within indexes. Real ones have one level, those of build caches two. */
const MAX_DEPTH = 8;
const MAX_MANIFESTS = 1_000;
/** Bytes of all manifests of one image: real ones have kilobytes, one for each platform. */
const MAX_BYTES: number = 64 * 1024 * 1024;
/** Blobs of all manifests of one image, those they share counted for each. */
const MAX_BLOBS = 20_000;

export function createManifestBudget(): ManifestBudget {
  const entered = new Set<Digest>();
  let bytes = 0;
  let blobs = 0;

  function assertWithin(manifests: number, held: number): void {
    if (manifests > MAX_MANIFESTS) throw new FormatError("manifests", `more than ${MAX_MANIFESTS} in one image`);
    if (held > MAX_BYTES) throw new FormatError("manifests", `more than ${MAX_BYTES} bytes of them in one image`);
  }

  return {
    enter(digest, size, depth) {
      if (depth > MAX_DEPTH) throw new FormatError("manifests", `nested deeper than ${MAX_DEPTH} indexes`);
      entered.add(digest);
      bytes += size ?? 0;
      assertWithin(entered.size, bytes);
    },
    hold(found) {
      bytes += found.unnamedBytes;
      blobs += found.blobs;
      if (blobs > MAX_BLOBS) throw new FormatError("layers", `more than ${MAX_BLOBS} blobs in one image`);
      const fresh = found.manifests.filter(({ digest }) => !entered.has(digest));
      assertWithin(
        entered.size + fresh.length,
        fresh.reduce((sum, { size }) => sum + size, bytes),
      );
    },
  };
}
