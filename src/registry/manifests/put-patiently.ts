import type { Digest } from "../../oci/digest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { Tag } from "../../oci/reference.ts";
import { deniesContent } from "../../oci/errors/registry-error.ts";
import { putManifest } from "./manifests.ts";
import type { StoredManifest } from "./manifests.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/**
 * Pauses before a manifest is put again whose content the registry denies having, in milliseconds. Some registries answer 201
 * to a blob a moment before all their nodes show it; one that denies it for longer has lost it, and it is sent again.
 */
const PAUSES_MS = [250, 750, 2_000];

/** Puts a manifest; again for some seconds, as long as the registry denies having what it has just been sent. */
export async function putPatiently(
  client: RepositoryClient,
  manifest: Manifest,
  reference: Tag | Digest,
  signal: AbortSignal,
): Promise<StoredManifest> {
  for (const pause of PAUSES_MS) {
    try {
      return await putManifest(client, manifest, reference, signal);
    } catch (error) {
      if (!deniesContent(error)) throw error;
      await client.clock.sleep(pause, signal);
    }
  }
  return putManifest(client, manifest, reference, signal);
}
