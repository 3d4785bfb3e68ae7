import type { Digest } from "../../oci/digest.ts";
import type { ImageSource, ResolvedManifest } from "../../oci/image-source.ts";
import type { Tag } from "../../oci/reference.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";

/**
 * What a name that need not be there names. A registry that refuses the answer does not show it: JFrog Artifactory says 403
 * for every tag that is not there. A login that may not read fails where something must be read, and one that may not write
 * where it is written.
 */
export async function resolveIfVisible(
  place: Pick<ImageSource, "resolve">,
  reference: Tag | Digest,
  signal: AbortSignal,
): Promise<ResolvedManifest | undefined> {
  try {
    return await place.resolve(reference, signal);
  } catch (error) {
    const isRefused = error instanceof RegistryError && (error.status === 401 || error.status === 403);
    if (isRefused && error.category === "permanent") return undefined;
    throw error;
  }
}
