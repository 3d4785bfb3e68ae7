import type { ImageSource } from "../oci/image-source.ts";
import { openBlobStream } from "./blobs/resumable-download.ts";
import { hasBlob } from "./blobs/has-blob.ts";
import type { Endpoint } from "./client/endpoint.ts";
import { fetchManifest, readManifest, resolveManifest } from "./manifests/fetch-manifest.ts";
import { listReferrers } from "./manifests/list-referrers.ts";
import { createRepositoryClient } from "./client/repository-client.ts";

/** One repository of a registry, read over HTTP. Sends only GET and HEAD. */
export function createRegistrySource(endpoint: Endpoint): ImageSource {
  const client = createRepositoryClient(endpoint);
  return {
    resolve: (reference, signal) => resolveManifest(client, reference, signal),
    readManifest: (reference, signal) => readManifest(client, reference, signal),
    fetchManifest: (descriptor, signal) => fetchManifest(client, descriptor, signal),
    hasBlob: (descriptor, signal) => hasBlob(client, descriptor, signal),
    openBlob: (descriptor, signal) => openBlobStream(client, descriptor, signal),
    listReferrers: (subject, signal) => listReferrers(client, subject, signal),
  };
}
