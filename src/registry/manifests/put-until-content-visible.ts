import type { Digest } from "../../oci/digest.ts";
import { isContentMissing } from "../../oci/errors/registry-error.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { Tag } from "../../oci/reference.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { putManifest } from "./put-manifest.ts";
import type { StoredManifest } from "./put-manifest.ts";

/**
 * Pauses before a manifest is put again, in milliseconds. Some registries answer 201 to a blob a moment before all their nodes
 * see it. If it stays missing for longer, it is lost, and the caller sends it again.
 */
const PAUSES_MS = [250, 750, 2_000];

/** Puts a manifest, and retries for some seconds while the registry does not see the content that it was just sent. @throws {RegistryError} */
export async function putUntilContentVisible(
  client: RepositoryClient,
  manifest: Manifest,
  reference: Tag | Digest,
  signal: AbortSignal,
): Promise<StoredManifest> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await putManifest(client, manifest, reference, signal);
    } catch (error) {
      if (!isContentMissing(error)) throw error;
      await client.runtime.clock.sleep(pauseMs, signal);
    }
  }
  return putManifest(client, manifest, reference, signal);
}
