import type { Descriptor } from "../oci/descriptor.ts";
import type { BlobStream } from "../oci/image-source.ts";
import { recategorized, RegistryError } from "../oci/registry-error.ts";
import { cut } from "./answer.ts";
import { attachBlob } from "./blob-download.ts";
import type { Attachment } from "./blob-download.ts";
import { typedFailure } from "./failure.ts";
import type { RepositoryClient } from "./repository-client.ts";
import { MAX_TRIES, pause } from "./retry.ts";
import { verified } from "./verified.ts";
import { watched } from "./watchdog.ts";

/** Bytes after which a broken stream has made progress, and may break again. */
const PROGRESS_BYTES: number = 1024 * 1024;

/**
 * A blob as one stream, whatever happens underneath: when the connection breaks, stalls or ends early, the next byte is
 * asked for at the registry while the reader (and the upload it feeds) waits. Nothing is read twice.
 */
export async function openBlobStream(
  client: RepositoryClient,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<BlobStream> {
  const first = await attachBlob(client, descriptor, 0, signal);
  const bytes = verified(spliced(client, descriptor, first, signal), client, descriptor);
  return {
    [Symbol.asyncIterator]: () => bytes,
    async [Symbol.asyncDispose]() {
      cut(first.answer.body);
      await bytes.return(undefined);
    },
  };
}

async function* spliced(
  client: RepositoryClient,
  descriptor: Descriptor,
  first: Attachment,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let attachment = first;
  let offset = 0;
  let progress = 0;
  let breaks = 0;
  for (;;) {
    try {
      const body = watched(attachment.answer.body, client.now, client.patience);
      for await (const chunk of skipping(body, attachment.skip)) {
        offset += chunk.byteLength;
        progress += chunk.byteLength;
        yield chunk;
      }
      if (offset >= descriptor.size) return;
      throw new Error(`ended after ${offset} of ${descriptor.size} bytes`);
    } catch (error) {
      const failure = asFailure(client, descriptor, error, signal);
      breaks = progress >= PROGRESS_BYTES ? 1 : breaks + 1;
      progress = 0;
      if (!(failure instanceof RegistryError) || failure.category === "permanent") throw failure;
      if (breaks > MAX_TRIES) throw recategorized(failure, "deferred");
    }
    await pause(breaks, { random: client.random, signal });
    attachment = await attachBlob(client, descriptor, offset, signal);
  }
}

function asFailure(client: RepositoryClient, descriptor: Descriptor, error: unknown, signal: AbortSignal): unknown {
  const occasion = {
    side: client.endpoint.side,
    operation: "open-blob",
    subject: client.subject(descriptor.digest),
  } as const;
  return typedFailure(occasion, error, signal);
}

async function* skipping(bytes: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of bytes) {
    const dropped = Math.min(left, chunk.byteLength);
    left -= dropped;
    if (dropped < chunk.byteLength) yield chunk.subarray(dropped);
  }
}
