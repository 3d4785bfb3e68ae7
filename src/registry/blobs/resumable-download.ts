import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobStream } from "../../oci/image-source.ts";
import { recategorized, RegistryError } from "../../oci/errors/registry-error.ts";
import { cut } from "../http/response.ts";
import { attachBlob, openWhole } from "./blob-request.ts";
import type { Attachment } from "./blob-request.ts";
import { typedFailure } from "../errors/typed-failure.ts";
import { createMeter } from "./throughput-meter.ts";
import type { Meter } from "./throughput-meter.ts";
import { PIECE_BYTES, readAhead } from "./parallel-ranges.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { readSmallBlob, SMALL_BYTES } from "./small-blob.ts";
import { waitAfter } from "../resilience/retry.ts";
import { retryPolicy } from "../resilience/retry-policy.ts";
import { verified } from "./verify-digest.ts";
import { watched } from "../http/stall-watchdog.ts";

/** Bytes after which a broken stream has made progress, and may break again. */
const PROGRESS_BYTES: number = 1024 * 1024;
/** A source is slow when it is waited for most of the time, measured over this long and this much. */
const SLOW_WAITING = 0.8;
const SLOW_AFTER_MS = 150;
const SLOW_AFTER_BYTES: number = PIECE_BYTES / 2;
/** Faster than this, in bytes per millisecond, one connection is never what holds a copy up. */
const FAST_RATE = 100_000;
/** Blobs read at once above which the line is shared already, and reading ahead only takes from the others. */
const FEW_STREAMS = 2;

/**
 * A blob as one stream, whatever happens underneath: when the connection breaks, stalls or ends early, the next byte is
 * asked for at the registry while the reader (and the upload it feeds) waits. Nothing is read twice. A source that is
 * slower per connection than its reader is read ahead in several ranges.
 */
export async function openBlobStream(
  client: RepositoryClient,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<BlobStream> {
  const open = (opening: AbortSignal): Promise<Attachment> => openWhole(client, descriptor, opening);
  if (descriptor.size > SMALL_BYTES) return openStream(client, descriptor, open, signal);
  const first = await open(signal);
  const whole = await readSmallBlob(client, descriptor, first, signal);
  return whole ?? openStream(client, descriptor, open, signal);
}

async function openStream(
  client: RepositoryClient,
  descriptor: Descriptor,
  open: (signal: AbortSignal) => Promise<Attachment>,
  signal: AbortSignal,
): Promise<BlobStream> {
  const released = new AbortController();
  const either = AbortSignal.any([signal, released.signal]);
  const first = await open(either);
  const bytes = verified(spliced(client, descriptor, first, either), client, descriptor);
  return {
    [Symbol.asyncIterator]: () => bytes,
    async [Symbol.asyncDispose]() {
      // Whatever it waits for by now: the first answer, another one, or a pause between them.
      released.abort(new Error("the stream was let go of"));
      cut(first.answer.body);
      await bytes.return(undefined);
    },
  };
}

/** How far a stream is. */
interface Position {
  offset: number;
  /** Bytes since the last break. */
  progress: number;
  /** Breaks in a row without progress. */
  breaks: number;
}

async function* spliced(
  client: RepositoryClient,
  descriptor: Descriptor,
  first: Attachment,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const at: Position = { offset: 0, progress: 0, breaks: 0 };
  const parts = createParts(client, descriptor, first, signal);
  const { streams } = client.traffic;
  const me = {};
  streams.add(me);
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
        await mend(client, descriptor, at, { error, signal });
      }
    }
  } finally {
    streams.delete(me);
  }
}

/** Decides whether a broken stream is gone on with, and waits before it is. @throws when it is not. */
async function mend(
  client: RepositoryClient,
  { digest }: Descriptor,
  at: Position,
  { error, signal }: { readonly error: unknown; readonly signal: AbortSignal },
): Promise<void> {
  const failure = typedFailure(client.occasion("open-blob", digest), error, signal);
  if (!(failure instanceof RegistryError) || failure.category === "permanent") throw failure;
  const isMoving = at.progress >= PROGRESS_BYTES;
  at.breaks = isMoving ? 1 : at.breaks + 1;
  at.progress = 0;
  const policy = retryPolicy(client.traffic.retryPolicies, "open-blob");
  const waitMs = waitAfter(failure, at.breaks, policy, client.random);
  if (at.breaks > policy.tries || waitMs === undefined) throw recategorized(failure, "deferred");
  // A stream that was moving is gone on with at once.
  if (!isMoving) await client.clock.sleep(waitMs, signal);
}

/** Gives the next part of a blob: the answer already there, the rest after a break, or several ranges at once. */
function createParts(client: RepositoryClient, descriptor: Descriptor, first: Attachment, signal: AbortSignal) {
  const meter = createMeter(client.clock.now);
  let opened: Attachment | undefined = first;
  let ahead: "untried" | "wanted" | "over" = "untried";
  let singleRate = 0;
  return async function* part({ offset }: Position): AsyncGenerator<Uint8Array> {
    if (ahead === "wanted") {
      ahead = "over";
      yield* meter.measured(readAhead({ client, descriptor, offset, singleRate, meter }, signal));
      return;
    }
    const attachment: Attachment = opened ?? (await attachBlob(client, descriptor, offset, signal));
    opened = undefined;
    let at = offset;
    meter.reset();
    const body = watched(attachment.answer.body, client.clock, client.patience);
    for await (const chunk of meter.measured(skipping(body, attachment.skip))) {
      at += chunk.byteLength;
      yield chunk;
      if (ahead !== "untried" || !isSlow(meter, client) || descriptor.size - at < 4 * PIECE_BYTES) continue;
      singleRate = meter.look().rate;
      ahead = "wanted";
      return;
    }
    if (at < descriptor.size) throw new Error(`ended after ${at} of ${descriptor.size} bytes`);
  };
}

/** Is it one connection to the source, and nothing else, that holds the copy up? */
function isSlow(meter: Meter, { traffic }: RepositoryClient): boolean {
  if (traffic.streams.size > FEW_STREAMS) {
    meter.reset();
    return false;
  }
  const { bytes, elapsedMs, waiting, rate } = meter.look();
  if (elapsedMs < SLOW_AFTER_MS || bytes < SLOW_AFTER_BYTES) return false;
  return waiting >= SLOW_WAITING && rate < FAST_RATE;
}

async function* skipping(bytes: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of bytes) {
    const dropped = Math.min(left, chunk.byteLength);
    left -= dropped;
    if (dropped < chunk.byteLength) yield chunk.subarray(dropped);
  }
}
