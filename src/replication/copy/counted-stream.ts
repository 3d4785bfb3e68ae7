import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobStream } from "../../oci/image-source.ts";
import type { ObserveCopy } from "../state/copy-progress.ts";
import type { UploadConcurrency } from "../pacing/upload-concurrency.ts";

/** Who hears of the bytes as they are read from the source. */
interface Counters {
  readonly streams: Pick<UploadConcurrency, "addBytes">;
  readonly observe?: ObserveCopy | undefined;
}

/**
 * A blob's stream whose bytes are counted as they pass.
 * @param taken hears of bytes once the target has taken them: what is read ahead of it says nothing of its speed.
 */
export function countedStream(
  stream: BlobStream,
  blob: Descriptor,
  { streams, observe }: Counters,
  taken?: (bytes: number) => void,
): BlobStream {
  async function* counting(): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream) {
      streams.addBytes(chunk.byteLength);
      observe?.({ kind: "blob-bytes", blob, bytes: chunk.byteLength });
      yield chunk;
      taken?.(chunk.byteLength);
    }
  }
  return { [Symbol.asyncIterator]: counting, [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose]() };
}
