import type { ImageTarget } from "../oci/image-target.ts";
import { successors } from "../oci/manifest.ts";
import { hasBlob } from "./blobs/blob-exists.ts";
import { createEmptiness } from "./listings/empty-repository.ts";
import type { Endpoint } from "./client/endpoint.ts";
import { resolveManifest } from "./manifests/manifests.ts";
import { putPatiently } from "./manifests/put-patiently.ts";
import { pushBlob } from "./uploads/push-blob.ts";
import { listReferrer } from "./manifests/referrers-tag.ts";
import { createRepositoryClient } from "./client/repository-client.ts";

/** One repository of a registry, written over HTTP. */
export function createRegistryTarget(endpoint: Endpoint): ImageTarget {
  const client = createRepositoryClient(endpoint);
  return {
    resolve: (reference, signal) => resolveManifest(client, reference, signal),
    hasBlob: (descriptor, signal) => hasBlob(client, descriptor, signal),
    isEmpty: createEmptiness(client),
    pushBlob: (descriptor, options, signal) => pushBlob(client, descriptor, options, signal),
    async putManifest(manifest, reference, signal) {
      const { subject } = successors(manifest.bytes, manifest.mediaType);
      if (subject === undefined) return (await putPatiently(client, manifest, reference, signal)).digest;
      // The list before the tag: a tag that is there says that all of it is.
      const stored = await putPatiently(client, manifest, manifest.digest, signal);
      if (stored.subject === undefined) await listReferrer(client, manifest, subject.digest, signal);
      if (reference === manifest.digest) return stored.digest;
      return (await putPatiently(client, manifest, reference, signal)).digest;
    },
  };
}
