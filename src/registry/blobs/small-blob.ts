import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobStream } from "../../oci/image-source.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { readWhole } from "../http/read-body.ts";
import type { OpenedBlob } from "./blob-request.ts";
import { verifyWholeBlob } from "./verify-digest.ts";

/**
 * Blobs up to this size are held in memory: one request reads them, one sends them, and both can be repeated. For configurations
 * and small layers, which are most blobs of most images, a stream with its watchdog costs more CPU than the bytes.
 */
export const SMALL_BLOB_BYTES: number = 64 * 1024;

/**
 * Reads a small blob whole from a response. Undefined when the connection broke: the caller then opens a stream, which resumes.
 * @throws {RegistryError} when the bytes are wrong.
 */
export async function readSmallBlob(
  client: RepositoryClient,
  descriptor: Descriptor,
  { response }: OpenedBlob,
  signal: AbortSignal,
): Promise<BlobStream | undefined> {
  let body: Uint8Array | undefined;
  try {
    body = await readWhole(response, descriptor.size);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
  const bytes = verifyWholeBlob(body, client, descriptor);
  return {
    async *[Symbol.asyncIterator]() {
      yield bytes;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
