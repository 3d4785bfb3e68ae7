import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import type { BlobStream } from "../../../src/oci/image-source.ts";

const BYTES = new TextEncoder().encode("layer");

/** A blob of a few bytes. */
export const SMALL_LAYER: Descriptor = {
  mediaType: "application/octet-stream",
  digest: digestOf(BYTES),
  size: BYTES.byteLength,
};

export function openSmallLayer(): Promise<BlobStream> {
  return Promise.resolve(streamOf(BYTES));
}

/** Bytes as one chunk, as read-ahead delivers them. */
export function streamOf(bytes: Uint8Array): BlobStream {
  return {
    async *[Symbol.asyncIterator]() {
      yield await Promise.resolve(bytes);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
