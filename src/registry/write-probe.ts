import { digestOf } from "../oci/digest.ts";
import type { Endpoint } from "./client/endpoint.ts";
import { createRepositoryClient } from "./client/repository-client.ts";
import { cancelUpload, startUpload } from "./uploads/upload-requests.ts";

const EMPTY_BLOB = { mediaType: "application/octet-stream", digest: digestOf(new Uint8Array()), size: 0 };

/**
 * Checks whether a repository accepts writes, without leaving anything there: opens an upload and cancels it (distribution-spec,
 * "Cancel a blob upload"). @throws {RegistryError} when it does not.
 */
export async function probeWrites(endpoint: Endpoint, signal: AbortSignal): Promise<void> {
  const client = createRepositoryClient(endpoint);
  const started = await startUpload(client, EMPTY_BLOB, undefined, signal);
  if (started.kind === "session") await cancelUpload(client, started.session, EMPTY_BLOB.digest);
}
