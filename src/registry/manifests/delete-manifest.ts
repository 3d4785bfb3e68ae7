import type { Digest } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import { discard } from "../http/response.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/**
 * Deletes a tag, or a manifest with all its tags (distribution-spec, "Deleting tags", "Deleting Manifests"). The registry collects
 * content that is no longer referenced.
 * @returns false when there was no such tag or manifest.
 * @throws {RegistryError} with status 400 or 405 when the registry does not support deletion, or that of tags.
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
