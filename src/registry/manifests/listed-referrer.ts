import type { Digest } from "../../oci/digest.ts";
import { FormatError } from "../../oci/errors/format-error.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { manifestKind } from "../../oci/media-type.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { fetchReferrersIndex } from "./list-referrers.ts";
import { queryReferrersApi } from "./referrers-api.ts";

/**
 * False when the registry has no referrers API and its referrers tag lacks the manifest: it was put, and its list was not (distribution-spec,
 * "Referrers Tag Schema"). True when the list cannot be read, or the tag names something else: to put the manifest again would not help.
 * @throws {RegistryError} when the registry is busy or cannot be reached.
 */
export async function isListedReferrer(
  client: RepositoryClient,
  { digest, subject }: { readonly digest: Digest; readonly subject: Digest },
  signal: AbortSignal,
): Promise<boolean> {
  const listed = await queryReferrersApi(client, subject, signal);
  if (listed.kind !== "absent") return true;
  const index = await fetchReferrersIndex(client, subject, signal);
  if (index === undefined) return false;
  return manifestKind(index.mediaType) !== "index" || names(index, digest);
}

function names({ bytes, mediaType }: Manifest, digest: Digest): boolean {
  try {
    return successors(bytes, mediaType).manifests.some((each) => each.digest === digest);
  } catch (error) {
    if (error instanceof FormatError) return true;
    throw error;
  }
}
