import { awaitedLater } from "../../async/run-concurrently.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { openRange } from "./blob-request.ts";
import type { ByteRange } from "./blob-request.ts";
import { typedFailure } from "../errors/typed-failure.ts";
import type { Meter } from "./throughput-meter.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { withRetry } from "../resilience/retry.ts";
import { watched } from "../http/stall-watchdog.ts";

/** One range, in bytes: small, for what is ahead is held in memory. */
export const PIECE_BYTES: number = 4 * 1024 * 1024;
/** Ranges of one blob that are read at once: first, and at most. */
const FIRST_WIDTH = 4;
const MAX_WIDTH = 12;
/** More ranges at once must be this much faster, or they are not worth it. */
const WORTH = 1.2;
/** Share of the time spent waiting for the source above which more ranges may help. */
const WAITING = 0.3;

export interface ReadAhead {
  readonly client: RepositoryClient;
  readonly descriptor: Descriptor;
  /** Where to begin. */
  readonly offset: number;
  /** Bytes per millisecond that one connection gave. */
  readonly singleRate: number;
  readonly meter: Meter;
}

/**
 * Reads a blob in several ranges at once and gives them in order: object stores cap each connection, not the reader. Ends
 * early, at a whole number of ranges, when that brings nothing, or when the registry gives no ranges.
 */
export async function* readAhead(
  { client, descriptor, offset, singleRate, meter }: ReadAhead,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const abandoned = new AbortController();
  const either = AbortSignal.any([signal, abandoned.signal]);
  const ahead: Promise<Uint8Array | undefined>[] = [];
  let next = offset;
  let width = FIRST_WIDTH;
  let rate = singleRate;
  let sinceLook = 0;
  const fill = (): void => {
    while (next < descriptor.size && ahead.length < width && client.traffic.pieces.tryAcquire()) {
      const range = { start: next, end: Math.min(next + PIECE_BYTES, descriptor.size) };
      next = range.end;
      ahead.push(awaitedLater(fetchPiece(client, descriptor, range, either)));
    }
  };
  try {
    meter.reset();
    for (;;) {
      fill();
      const piece = ahead[0];
      if (piece === undefined) return;
      const bytes = await piece;
      void ahead.shift();
      client.traffic.pieces.release();
      if (bytes === undefined) return;
      yield bytes;
      if (++sinceLook < width) continue;
      const seen = meter.look();
      const isWorth = seen.rate > rate * WORTH;
      // What is still ahead is dropped: at worst `FIRST_WIDTH` ranges are read once more.
      if (!isWorth && width === FIRST_WIDTH && seen.waiting > WAITING) return;
      if (isWorth && seen.waiting > WAITING) width = Math.min(width * 2, MAX_WIDTH);
      rate = Math.max(rate, seen.rate);
      sinceLook = 0;
      meter.reset();
    }
  } finally {
    abandoned.abort();
    for (const _ of ahead) client.traffic.pieces.release();
  }
}

/** One range, whole, in memory. Undefined when the registry gives something else. */
function fetchPiece(
  client: RepositoryClient,
  descriptor: Descriptor,
  range: ByteRange,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const { traffic, clock, random } = client;
  const fetchOnce = async (): Promise<Uint8Array | undefined> => {
    const answer = await openRange(client, descriptor, range, signal);
    if (answer === undefined) return undefined;
    const piece = Buffer.allocUnsafe(range.end - range.start);
    let length = 0;
    for await (const chunk of watched(answer.body, client.clock, client.patience)) {
      if (length + chunk.byteLength > piece.byteLength) return undefined;
      piece.set(chunk, length);
      length += chunk.byteLength;
    }
    if (length < piece.byteLength) throw new Error(`the range ended after ${length} of ${piece.byteLength} bytes`);
    return piece;
  };
  const attempt = (): Promise<Uint8Array | undefined> =>
    fetchOnce().catch((error: unknown) => {
      throw typedFailure(client.occasion("open-blob", descriptor.digest), error, signal);
    });
  return withRetry(attempt, { operation: "open-blob", traffic, clock, random, signal });
}
