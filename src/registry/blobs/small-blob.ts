import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobStream } from "../../oci/image-source.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { readWhole } from "../http/response.ts";
import type { Attachment } from "./blob-request.ts";
import { verifiedWhole } from "./verify-digest.ts";

/**
 * Blobs up to this size are held in memory: one request reads them, one sends them, and both can be repeated. For configurations and small
 * layers, which are most blobs of most images, a stream with its watchdog costs more than its bytes.
 */
export const SMALL_BYTES: number = 64 * 1024;

/**
 * Reads a small blob whole from an answer that has been opened. Undefined when its connection broke: then it goes on as a stream, which
 * resumes. @throws {RegistryError} when its bytes are wrong, before any is handed on.
 */
export async function readSmallBlob(
  client: RepositoryClient,
  descriptor: Descriptor,
  { answer }: Attachment,
  signal: AbortSignal,
): Promise<BlobStream | undefined> {
  let read: Uint8Array | undefined;
  try {
    read = await readWhole(answer, descriptor.size);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
  const bytes = verifiedWhole(read, client, descriptor);
  return {
    async *[Symbol.asyncIterator]() {
      yield bytes;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
