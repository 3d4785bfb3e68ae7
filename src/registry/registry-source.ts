import type { ImageSource } from "../oci/image-source.ts";
import { openBlobStream } from "./blob-stream.ts";
import { hasBlob } from "./blobs.ts";
import type { Endpoint } from "./endpoint.ts";
import { fetchManifest, resolveManifest } from "./manifests.ts";
import { listReferrers } from "./referrers/list-referrers.ts";
import { createRepositoryClient } from "./repository-client.ts";

/** One repository of a registry, read over HTTP. Sends only GET and HEAD. */
export function createRegistrySource(endpoint: Endpoint): ImageSource {
  const client = createRepositoryClient(endpoint);
  return {
    resolve: (reference, signal) => resolveManifest(client, reference, signal),
    fetchManifest: (descriptor, signal) => fetchManifest(client, descriptor, signal),
    hasBlob: (descriptor, signal) => hasBlob(client, descriptor, signal),
    openBlob: (descriptor, signal) => openBlobStream(client, descriptor, signal),
    listReferrers: (subject, signal) => listReferrers(client, subject, signal),
  };
}
