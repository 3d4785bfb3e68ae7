import type { Digest } from "../../oci/digest.ts";
import type { ImageTarget } from "../../oci/image-target.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { manifestKind } from "../../oci/media-type.ts";
import { isContentMissing, RegistryError } from "../../oci/errors/registry-error.ts";
import { concurrently } from "../../async/run-concurrently.ts";

/** The target has all that is copied of an index, and refuses the index because of what is not copied. */
export class SparseIndexRefusedError extends Error {
  override readonly name = "SparseIndexRefusedError";
}

const CONCURRENT_CHECKS = 16;

/**
 * A registry may accept an index of which it lacks children, and many do not (distribution refuses by default). The refusal looks like that of an index whose children
 * were lost, which are sent again; it is told apart by asking for the children that were copied.
 */
export function sparseTarget(target: ImageTarget, excluded: ReadonlySet<Digest>): ImageTarget {
  async function hasAll(digests: readonly Digest[], signal: AbortSignal): Promise<boolean> {
    const has = async (digest: Digest, working: AbortSignal): Promise<boolean> =>
      (await target.resolve(digest, working)) !== undefined;
    return (await concurrently(digests, CONCURRENT_CHECKS, has, signal)).every(Boolean);
  }
  return {
    ...target,
    async putManifest(manifest, reference, signal) {
      try {
        return await target.putManifest(manifest, reference, signal);
      } catch (error) {
        const copied = mayBeSparse(error, manifest) ? childrenOf(manifest) : [];
        const kept = copied.filter((digest) => !excluded.has(digest));
        if (kept.length === copied.length || !(await hasAll(kept, signal))) throw error;
        const advice = `set "keep: strip" in the platforms of its rule, or let the registry accept an index without all of its platforms`;
        throw new SparseIndexRefusedError(
          `the target has every platform of ${manifest.digest} that is copied, and refuses the index without the others; ${advice}`,
          { cause: error },
        );
      }
    },
  };
}

function mayBeSparse(error: unknown, { mediaType }: Manifest): boolean {
  if (manifestKind(mediaType) !== "index") return false;
  return isContentMissing(error) || (error instanceof RegistryError && error.code === "MANIFEST_INVALID");
}

function childrenOf({ bytes, mediaType }: Manifest): Digest[] {
  return successors(bytes, mediaType).manifests.map(({ digest }) => digest);
}
