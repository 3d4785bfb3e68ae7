import { linkAbort } from "../../async/linked-abort.ts";
import { ignoreRejectionUntilAwaited } from "../../async/late-rejection.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { openRange } from "./blob-request.ts";
import type { ByteRange } from "./blob-request.ts";
import { typedFailure } from "../errors/typed-failure.ts";
import { createRangeWidth } from "./range-width.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { watchStalls } from "../http/stall-watchdog.ts";

/** Size of a range, in bytes: small, because the ranges that are read ahead are buffered in memory. */
export const RANGE_BYTES: number = 3 * 1024 * 1024;

export interface ReadAhead {
  readonly client: RepositoryClient;
  readonly descriptor: Descriptor;
  /** Where to begin, in bytes. */
  readonly offset: number;
  /** Throughput of one connection. */
  readonly singleBytesPerMs: number;
}

/**
 * Reads a blob in several ranges at once and yields them in order: object stores cap the throughput of each connection, not of
 * the reader. Ends early, at the end of a range, when this is no faster or the registry does not serve the range. All blobs of the
 * process together hold at most `MAX_RANGES_AHEAD` ranges in memory (`src/registry/http/connections.ts`).
 */
export async function* readAhead(
  { client, descriptor, offset, singleBytesPerMs }: ReadAhead,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const budget = client.endpoint.connections.readAhead;
  const { now } = client.runtime.clock;
  using reading = linkAbort(signal);
  const width = createRangeWidth(singleBytesPerMs);
  const ahead: RangeAhead[] = [];
  let next = offset;
  const fill = (): void => {
    while (next < descriptor.size && ahead.length < width.count() && budget.tryAcquire()) {
      const range = { start: next, end: Math.min(next + RANGE_BYTES, descriptor.size) };
      next = range.end;
      ahead.push(startRange(range, now, () => fetchRange(client, descriptor, range, reading.signal)));
    }
  };
  try {
    for (;;) {
      fill();
      const [range] = ahead;
      if (range === undefined) return;
      const wasAwaited = range.tookMs() === undefined;
      const chunks = await range.chunks;
      if (chunks === undefined) return;
      const bytesPerMs = range.size / Math.max(range.tookMs() ?? 0, 1);
      width.add({ bytesPerMs, concurrent: ahead.length, wasAwaited });
      fill();
      yield* chunks;
      void ahead.shift();
      budget.release();
      // The ranges ahead are dropped, and their bytes are read again: at most `count() - 1` ranges.
      if (!width.isWorthwhile()) return;
    }
  } finally {
    if (ahead.length > 0) reading.abort(new Error("the ranges ahead are not needed"));
    for (const _ of ahead) budget.release();
  }
}

/** A range that is being read. */
interface RangeAhead {
  readonly size: number;
  /** Undefined when the registry does not serve it. */
  readonly chunks: Promise<readonly Uint8Array[] | undefined>;
  /** Undefined while it is being read. */
  tookMs(): number | undefined;
}

function startRange({ start, end }: ByteRange, now: () => number, fetch: () => RangeAhead["chunks"]): RangeAhead {
  const since = now();
  let tookMs: number | undefined;
  const chunks = fetch().finally(() => (tookMs = now() - since));
  return { size: end - start, chunks: ignoreRejectionUntilAwaited(chunks), tookMs: () => tookMs };
}

/** Reads one range into memory. Undefined when the registry does not serve exactly this range. */
function fetchRange(
  client: RepositoryClient,
  descriptor: Descriptor,
  range: ByteRange,
  signal: AbortSignal,
): RangeAhead["chunks"] {
  const size = range.end - range.start;
  const fetchOnce = async (): RangeAhead["chunks"] => {
    const response = await openRange(client, descriptor, range, signal);
    if (response === undefined) return undefined;
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of watchStalls(response.body, client.runtime)) {
      length += chunk.byteLength;
      if (length > size) return undefined;
      chunks.push(chunk);
    }
    if (length < size) throw new Error(`the range ended after ${length} of ${size} bytes`);
    return chunks;
  };
  const attempt = (): RangeAhead["chunks"] =>
    fetchOnce().catch((error: unknown) => {
      throw typedFailure(client.address.failureContext("open-blob", descriptor.digest), error, signal);
    });
  return client.retry("open-blob", attempt, signal);
}
