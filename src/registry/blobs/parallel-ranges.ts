import { linkAbort } from "../../async/linked-abort.ts";
import { ignoreRejectionUntilAwaited } from "../../async/late-rejection.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { openRange } from "./blob-request.ts";
import type { ByteRange } from "./blob-request.ts";
import { typedFailure } from "../errors/typed-failure.ts";
import type { ThroughputMeter } from "./throughput-meter.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { watchStalls } from "../http/stall-watchdog.ts";

/** Size of a range, in bytes: small, because the ranges that are read ahead are buffered in memory. */
export const RANGE_BYTES: number = 4 * 1024 * 1024;
/**
 * Number of ranges of one blob that are read at once: at first, and at most. What all blobs of a registry hold in memory together is bounded
 * by `bufferedRanges` of SharedLimits.
 */
const FIRST_WIDTH = 4;
const MAX_WIDTH = 12;
/** Factor by which more ranges at once must be faster to be worth it. */
const WORTHWHILE_GAIN = 1.2;
/** Share of the time spent waiting for the source above which more ranges may help. */
const SOURCE_BOUND = 0.3;

export interface ReadAhead {
  readonly client: RepositoryClient;
  readonly descriptor: Descriptor;
  /** Where to begin, in bytes. */
  readonly offset: number;
  /** Throughput of one connection. */
  readonly singleBytesPerMs: number;
  readonly meter: ThroughputMeter;
}

/**
 * Reads a blob in several ranges at once and yields them in order: object stores cap the throughput of each connection, not of
 * the reader. Ends early, at the end of a range, when this is no faster or the registry does not serve the range.
 */
export async function* readAhead(
  { client, descriptor, offset, singleBytesPerMs, meter }: ReadAhead,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { bufferedRanges } = client.runtime.limits;
  using reading = linkAbort(signal);
  const ahead: Promise<Uint8Array | undefined>[] = [];
  let next = offset;
  let width = FIRST_WIDTH;
  let bestBytesPerMs = singleBytesPerMs;
  let yielded = 0;
  const fill = (): void => {
    while (next < descriptor.size && ahead.length < width && bufferedRanges.tryAcquire()) {
      const range = { start: next, end: Math.min(next + RANGE_BYTES, descriptor.size) };
      next = range.end;
      ahead.push(ignoreRejectionUntilAwaited(fetchRange(client, descriptor, range, reading.signal)));
    }
  };
  try {
    meter.reset();
    for (;;) {
      fill();
      const range = ahead[0];
      if (range === undefined) return;
      const bytes = await range;
      void ahead.shift();
      bufferedRanges.release();
      if (bytes === undefined) return;
      yield bytes;
      if (++yielded < width) continue;
      const { bytesPerMs, waitingShare } = meter.read();
      const isFaster = bytesPerMs > bestBytesPerMs * WORTHWHILE_GAIN;
      // The ranges ahead are dropped: at most `FIRST_WIDTH` are read a second time.
      if (!isFaster && width === FIRST_WIDTH && waitingShare > SOURCE_BOUND) return;
      if (isFaster && waitingShare > SOURCE_BOUND) width = Math.min(width * 2, MAX_WIDTH);
      bestBytesPerMs = Math.max(bestBytesPerMs, bytesPerMs);
      yielded = 0;
      meter.reset();
    }
  } finally {
    if (ahead.length > 0) reading.abort(new Error("the ranges ahead are not needed"));
    for (const _ of ahead) bufferedRanges.release();
  }
}

/** Reads one range into memory. Undefined when the registry does not serve exactly this range. */
function fetchRange(
  client: RepositoryClient,
  descriptor: Descriptor,
  range: ByteRange,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const fetchOnce = async (): Promise<Uint8Array | undefined> => {
    const response = await openRange(client, descriptor, range, signal);
    if (response === undefined) return undefined;
    const bytes = Buffer.allocUnsafe(range.end - range.start);
    let length = 0;
    for await (const chunk of watchStalls(response.body, client.runtime)) {
      if (length + chunk.byteLength > bytes.byteLength) return undefined;
      bytes.set(chunk, length);
      length += chunk.byteLength;
    }
    if (length < bytes.byteLength) throw new Error(`the range ended after ${length} of ${bytes.byteLength} bytes`);
    return bytes;
  };
  const attempt = (): Promise<Uint8Array | undefined> =>
    fetchOnce().catch((error: unknown) => {
      throw typedFailure(client.address.failureContext("open-blob", descriptor.digest), error, signal);
    });
  return client.retry("open-blob", attempt, signal);
}
