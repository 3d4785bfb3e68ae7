import { linkAbort } from "../../async/linked-abort.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobStream } from "../../oci/image-source.ts";
import { recategorized, RegistryError } from "../../oci/errors/registry-error.ts";
import { resumeBlob, openBlob } from "./blob-request.ts";
import type { OpenedBlob } from "./blob-request.ts";
import { typedFailure } from "../errors/typed-failure.ts";
import { createThroughputMeter, isSlow } from "./throughput-meter.ts";
import type { ThroughputMeter } from "./throughput-meter.ts";
import { RANGE_BYTES, readAhead } from "./parallel-ranges.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { readSmallBlob, SMALL_BLOB_BYTES } from "./small-blob.ts";
import { retryDelayMs } from "../resilience/retry.ts";
import { retryPolicy } from "../resilience/retry-policy.ts";
import { verifyDigest } from "./verify-digest.ts";
import { watchStalls } from "../http/stall-watchdog.ts";

/** Bytes after which a stream has made progress: its next break counts as the first. */
const PROGRESS_BYTES: number = 1024 * 1024;
/** Number of blobs read at once above which they share the bandwidth, and reading ahead only slows the others. */
const FEW_STREAMS = 2;

/**
 * Opens a blob as one stream. When the connection breaks, stalls or ends early, the download resumes at the next byte while the
 * reader (and the upload it feeds) waits. A source that is slower per connection than its reader is read in several ranges at
 * once. @throws {RegistryError} when the blob cannot be opened.
 */
export async function openBlobStream(
  client: RepositoryClient,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<BlobStream> {
  if (descriptor.size > SMALL_BLOB_BYTES) return openResumableStream(client, descriptor, signal);
  const small = await openBlob(client, descriptor, signal);
  const blob = await readSmallBlob(client, descriptor, small, signal);
  return blob ?? openResumableStream(client, descriptor, signal);
}

async function openResumableStream(
  client: RepositoryClient,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<BlobStream> {
  using opening = new DisposableStack();
  const download = opening.use(linkAbort(signal));
  const first = await openBlob(client, descriptor, download.signal);
  const at: Position = { offset: 0, progress: 0, breaks: 0 };
  const bytes = verifyDigest(resumed(client, descriptor, { first, at }, download.signal), client, descriptor);
  const following = opening.move();
  return {
    [Symbol.asyncIterator]: () => bytes,
    async [Symbol.asyncDispose]() {
      using _following = following;
      if (at.offset < descriptor.size) {
        // The stream may be waiting for a response, or for the pause before the next request.
        download.abort(new Error("the stream was closed"));
        first.response.body.destroy();
      }
      await bytes.return(undefined);
    },
  };
}

/** How far a stream has come. */
interface Position {
  offset: number;
  /** Bytes since the last break. */
  progress: number;
  /** Breaks in a row without progress. */
  breaks: number;
}

async function* resumed(
  client: RepositoryClient,
  descriptor: Descriptor,
  { first, at }: { readonly first: OpenedBlob; readonly at: Position },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const parts = createParts(client, descriptor, first, signal);
  const { openStreams } = client.runtime.limits;
  const stream = {};
  openStreams.add(stream);
  try {
    for (;;) {
      try {
        for await (const chunk of parts(at)) {
          at.offset += chunk.byteLength;
          at.progress += chunk.byteLength;
          yield chunk;
        }
        if (at.offset >= descriptor.size) return;
      } catch (error) {
        await backOff(client, descriptor, at, { error, signal });
      }
    }
  } finally {
    openStreams.delete(stream);
  }
}

/** Waits before a broken stream is resumed. @throws {RegistryError} when it must not be resumed: tries are exhausted, or the failure is permanent. */
async function backOff(
  client: RepositoryClient,
  { digest }: Descriptor,
  at: Position,
  { error, signal }: { readonly error: unknown; readonly signal: AbortSignal },
): Promise<void> {
  const failure = typedFailure(client.address.failureContext("open-blob", digest), error, signal);
  if (!(failure instanceof RegistryError) || failure.category === "permanent") throw failure;
  const isMoving = at.progress >= PROGRESS_BYTES;
  at.breaks = isMoving ? 1 : at.breaks + 1;
  at.progress = 0;
  const policy = retryPolicy(client.runtime.limits.retryPolicies, "open-blob");
  const waitMs = retryDelayMs(failure, at.breaks, policy, client.runtime.random);
  if (at.breaks > policy.tries || waitMs === undefined) throw recategorized(failure, "deferred");
  // A stream that made progress is resumed at once.
  if (!isMoving) await client.runtime.clock.sleep(waitMs, signal);
}

/** Reads the next part of a blob: from the first response, from another one after a break, or in several ranges at once. */
function createParts(client: RepositoryClient, descriptor: Descriptor, first: OpenedBlob, signal: AbortSignal) {
  const meter = createThroughputMeter(client.runtime.clock.now);
  let unread: OpenedBlob | undefined = first;
  let ahead: "untried" | "wanted" | "over" = "untried";
  let singleBytesPerMs = 0;
  return async function* part({ offset }: Position): AsyncGenerator<Uint8Array> {
    if (ahead === "wanted") {
      ahead = "over";
      yield* readAhead({ client, descriptor, offset, singleBytesPerMs }, signal);
      return;
    }
    const { response, skip }: OpenedBlob = unread ?? (await resumeBlob(client, descriptor, offset, signal));
    unread = undefined;
    let at = offset;
    meter.reset();
    for await (const chunk of meter.measured(skipping(watchStalls(response.body, client.runtime), skip))) {
      at += chunk.byteLength;
      yield chunk;
      if (ahead !== "untried" || !isCapped(meter, client) || descriptor.size - at < 4 * RANGE_BYTES) continue;
      singleBytesPerMs = meter.read().bytesPerMs;
      ahead = "wanted";
      return;
    }
    if (at < descriptor.size) throw new Error(`ended after ${at} of ${descriptor.size} bytes`);
  };
}

/** True when the connection to the source, and nothing else, limits the copy. */
function isCapped(meter: ThroughputMeter, { runtime }: RepositoryClient): boolean {
  if (runtime.limits.openStreams.size > FEW_STREAMS) {
    meter.reset();
    return false;
  }
  return isSlow(meter.read());
}

async function* skipping(bytes: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of bytes) {
    const dropped = Math.min(left, chunk.byteLength);
    left -= dropped;
    if (dropped < chunk.byteLength) yield chunk.subarray(dropped);
  }
}
