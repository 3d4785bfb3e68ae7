import type { Digest } from "../../oci/digest.ts";
import type { ImageSource, ResolvedManifest } from "../../oci/image-source.ts";
import type { Tag } from "../../oci/reference.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";

/**
 * Resolves a name that may be absent. A refusal counts as absent: JFrog Artifactory responds with 403 to every absent tag.
 * A login without read permission fails at the first required read, and one without write permission at the first write.
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
