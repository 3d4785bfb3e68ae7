import type { ImageTarget } from "../oci/image-target.ts";
import { successors } from "../oci/manifest.ts";
import { hasBlob } from "./blobs/has-blob.ts";
import { createEmptyRepositoryCheck } from "./listings/empty-repository.ts";
import type { Endpoint } from "./client/endpoint.ts";
import { resolveManifest } from "./manifests/fetch-manifest.ts";
import { putUntilContentVisible } from "./manifests/put-until-content-visible.ts";
import { pushBlob } from "./uploads/push-blob.ts";
import { addToReferrersTag } from "./manifests/referrers-tag.ts";
import { createRepositoryClient } from "./client/repository-client.ts";
import type { RepositoryClient } from "./client/repository-client.ts";

/** One repository of a registry, written over HTTP. */
export function createRegistryTarget(endpoint: Endpoint): ImageTarget {
  return targetThrough(createRepositoryClient(endpoint));
}

/** The same through a client that others use as well: they share its login. */
export function targetThrough(client: RepositoryClient): ImageTarget {
  return {
    resolve: (reference, signal) => resolveManifest(client, reference, signal),
    hasBlob: (descriptor, signal) => hasBlob(client, descriptor, signal),
    isEmpty: createEmptyRepositoryCheck(client),
    pushBlob: (descriptor, options, signal) => pushBlob(client, descriptor, options, signal),
    async putManifest(manifest, reference, signal) {
      const { subject } = successors(manifest.bytes, manifest.mediaType);
      if (subject === undefined) return (await putUntilContentVisible(client, manifest, reference, signal)).digest;
      // The list before the tag: once a tag is there, all that belongs to it is, too.
      const stored = await putUntilContentVisible(client, manifest, manifest.digest, signal);
      if (stored.subject === undefined) await addToReferrersTag(client, manifest, subject.digest, signal);
      if (reference === manifest.digest) return stored.digest;
      return (await putUntilContentVisible(client, manifest, reference, signal)).digest;
    },
  };
}
