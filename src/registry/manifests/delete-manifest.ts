import type { Digest } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import { discard } from "../http/response.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/**
 * Deletes a tag, or a manifest with all its tags (distribution-spec, "Deleting tags", "Deleting Manifests"). Content that
 * nothing names any more is the registry's to collect.
 * @returns false when there was no such tag or manifest.
 * @throws {RegistryError} 400 or 405 of a registry that deletes nothing, or no tags.
 */
export async function deleteManifest(
  client: RepositoryClient,
  reference: Tag | Digest,
  signal: AbortSignal,
): Promise<boolean> {
  const response = await client.send(
    {
      operation: "delete-manifest",
      subject: client.address.subject(reference),
      method: "DELETE",
      url: client.address.url(`manifests/${reference}`),
      accept: [200, 202, 204, 404],
      scope: client.address.scope("pull,delete"),
    },
    signal,
  );
  await discard(response);
  return response.status !== 404;
}
