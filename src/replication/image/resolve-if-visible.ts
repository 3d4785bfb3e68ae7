import type { Digest } from "../../oci/digest.ts";
import type { ImageSource, ResolvedManifest } from "../../oci/image-source.ts";
import type { Tag } from "../../oci/reference.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";

/**
 * Resolves an optional reference; undefined when it is absent or the registry denies access to it: JFrog Artifactory answers 403 for
 * every absent tag. A login without permissions still fails, at the first request that needs them.
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
