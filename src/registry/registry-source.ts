import type { ImageSource } from "../oci/image-source.ts";
import { openBlobStream } from "./blobs/resumable-download.ts";
import { hasBlob } from "./blobs/has-blob.ts";
import type { Endpoint } from "./client/endpoint.ts";
import { fetchManifest, readManifest, resolveManifest } from "./manifests/fetch-manifest.ts";
import { createReferrersListing } from "./manifests/list-referrers.ts";
import { createRepositoryClient } from "./client/repository-client.ts";
import type { RepositoryClient } from "./client/repository-client.ts";

/** One repository of a registry, read over HTTP. Sends only GET and HEAD. */
export function createRegistrySource(endpoint: Endpoint): ImageSource {
  return sourceThrough(createRepositoryClient(endpoint));
}

/** The same through a client that others use as well: they share its login. */
export function sourceThrough(client: RepositoryClient): ImageSource {
  return {
    resolve: (reference, signal) => resolveManifest(client, reference, signal),
    readManifest: (reference, signal) => readManifest(client, reference, signal),
    fetchManifest: (descriptor, signal) => fetchManifest(client, descriptor, signal),
    hasBlob: (descriptor, signal) => hasBlob(client, descriptor, signal),
    openBlob: (descriptor, signal) => openBlobStream(client, descriptor, signal),
    listReferrers: createReferrersListing(client),
  };
}
