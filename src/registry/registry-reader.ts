import type { Digest } from "../oci/digest.ts";
import type { Manifest } from "../oci/manifest.ts";
import type { RepositoryClient } from "./client/repository-client.ts";
import { uploadTime } from "./listings/upload-times.ts";
import { readManifest } from "./manifests/fetch-manifest.ts";

/** What a registry says about an image that someone else has put there. */
export interface RegistryReader {
  /** Undefined when there is no such manifest. */
  readManifest(digest: Digest, signal: AbortSignal): Promise<Manifest | undefined>;
  /** When it was received; epoch milliseconds. Undefined when the registry does not say. */
  pushedAt(digest: Digest, signal: AbortSignal): Promise<number | undefined>;
}

/** @param listsTimes the listing has the times of uploads: that of the specification has none. */
export function readerThrough(client: RepositoryClient, listsTimes: boolean): RegistryReader {
  return {
    readManifest: (digest, signal) => readManifest(client, digest, signal),
    pushedAt: (digest, signal) => (listsTimes ? uploadTime(client, digest, signal) : Promise.resolve(undefined)),
  };
}
