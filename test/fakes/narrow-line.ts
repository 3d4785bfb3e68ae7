import type { Clock } from "../../src/async/clock.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import type { Digest } from "../../src/oci/digest.ts";
import type { BlobStream } from "../../src/oci/image-source.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import type { MemoryRepository } from "./memory-repository.ts";

/** Stands for any content: a narrow line counts bytes, and does not store them. */
const PIECE = new Uint8Array(16 * 1024 * 1024);

/** A line between a source and a target with limited bandwidth, which its streams share evenly. */
export interface NarrowLine {
  /** Bandwidth in bytes per second; it may change at any time. */
  bytesPerSecond: number;
  sentBytes(): number;
  /** The maximum number of concurrent streams so far. */
  maxConcurrentStreams(): number;
}

/** Puts a line between two repositories: blobs above 1 MiB take time and are counted, but have no content. */
export function narrowLine(
  { source, target }: { readonly source: MemoryRepository; readonly target: MemoryRepository },
  clock: Clock,
  bytesPerSecond: number,
): NarrowLine {
  let sent = 0;
  let active = 0;
  let maxConcurrentStreams = 0;
  const line: NarrowLine = { bytesPerSecond, sentBytes: () => sent, maxConcurrentStreams: () => maxConcurrentStreams };
  const [openBlob, pushBlob] = [source.openBlob.bind(source), target.pushBlob.bind(target)];

  source.openBlob = (blob, signal) => (isBig(blob) ? Promise.resolve(piecesOf(blob)) : openBlob(blob, signal));
  target.pushBlob = async (blob, options, signal) => {
    if (!isBig(blob)) return pushBlob(blob, options, signal);
    await using stream = await options.open(signal);
    maxConcurrentStreams = Math.max(maxConcurrentStreams, ++active);
    try {
      for await (const piece of stream) {
        await clock.sleep((piece.byteLength / line.bytesPerSecond) * active * 1_000, signal);
        sent += piece.byteLength;
      }
    } finally {
      active--;
    }
    target.blobs.set(blob.digest, new Uint8Array());
    return { kind: "uploaded" };
  };
  return line;
}

function isBig({ size }: Descriptor): boolean {
  return size > 1024 * 1024;
}

function piecesOf({ size }: Descriptor): BlobStream {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0; left -= PIECE.byteLength) {
      yield await Promise.resolve(PIECE.subarray(0, Math.min(left, PIECE.byteLength)));
    }
  }
  return { [Symbol.asyncIterator]: pieces, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Adds an image with layers of these sizes. @returns its digest. */
export function addImageWithLayerSizes(repository: MemoryRepository, sizes: readonly number[], tag: string): Digest {
  const config = new TextEncoder().encode("{}");
  const layers = sizes.map((size, index) => {
    const digest = digestOf(new TextEncoder().encode(`${tag} ${index}`));
    return { mediaType: MediaType.ociLayer, digest, size };
  });
  const document = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: { mediaType: MediaType.ociConfig, digest: repository.addBlob(config), size: config.byteLength },
    layers,
  };
  return repository.addManifest(document, MediaType.ociManifest, tag);
}
