import type { ImageTarget } from "../oci/image-target.ts";
import { hasBlob } from "./blobs.ts";
import { createEmptiness } from "./emptiness.ts";
import type { Endpoint } from "./endpoint.ts";
import { putManifest, resolveManifest } from "./manifests.ts";
import { pushBlob } from "./push-blob.ts";
import { createRepositoryClient } from "./repository-client.ts";

/** One repository of a registry, written over HTTP. */
export function createRegistryTarget(endpoint: Endpoint): ImageTarget {
  const client = createRepositoryClient(endpoint);
  return {
    resolve: (reference, signal) => resolveManifest(client, reference, signal),
    hasBlob: (descriptor, signal) => hasBlob(client, descriptor, signal),
    isEmpty: createEmptiness(client),
    pushBlob: (descriptor, options, signal) => pushBlob(client, descriptor, options, signal),
    putManifest: (manifest, reference, signal) => putManifest(client, manifest, reference, signal),
  };
}
