import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobStream } from "../../oci/image-source.ts";
import type { ObserveCopy } from "../state/copy-progress.ts";
import type { UploadConcurrency } from "./upload-concurrency.ts";

/** Receive bytes as they are read from the source. */
interface Counters {
  readonly concurrency: Pick<UploadConcurrency, "addBytes">;
  readonly observe?: ObserveCopy | undefined;
}

/**
 * Counts the bytes of a blob's stream.
 * @param onTaken called with bytes after the consumer has taken them: bytes that are only read ahead do not measure the target.
 */
export function countedStream(
  stream: BlobStream,
  blob: Descriptor,
  { concurrency, observe }: Counters,
  onTaken?: (bytes: number) => void,
): BlobStream {
  async function* counting(): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream) {
      concurrency.addBytes(chunk.byteLength);
      observe?.({ kind: "blob-bytes", blob, bytes: chunk.byteLength });
      yield chunk;
      onTaken?.(chunk.byteLength);
    }
  }
  return { [Symbol.asyncIterator]: counting, [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose]() };
}
