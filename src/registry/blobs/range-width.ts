/** Decides how many ranges of one blob are read at once, by what is measured. */
export interface RangeWidth {
  count(): number;
  add(range: ReadRange): void;
  /** False when the first ranges together were less than 1.2 times as fast as one connection, and the reader waited for them. */
  isWorthwhile(): boolean;
}

/** A range that was read. */
export interface ReadRange {
  /** Throughput of its connection, with the time to its first byte. */
  readonly bytesPerMs: number;
  /** Number of ranges that were read at that time. */
  readonly concurrent: number;
  /** The reader had to wait for it: the source is the limit, not the target. */
  readonly wasAwaited: boolean;
}

/** Ranges before one was read: a registry may not serve them. */
const FIRST = 4;
/** Throughput that ranges aim at once the first was read, in bytes per millisecond. */
const AIM_BYTES_PER_MS = 200_000;
const MOST_AIMED = 8;
const MOST = 12;
/** Factor by which several ranges must be faster than one connection to be worth it. */
const WORTHWHILE_GAIN = 1.2;
/** Share of a single connection's throughput below which connections share a limit: then more of them gain nothing. */
const SHARED_LIMIT = 0.5;

/** @param singleBytesPerMs throughput of one connection: the slower it is, the more ranges are read once the first shows that it works. */
export function createRangeWidth(singleBytesPerMs: number): RangeWidth {
  const aimed = Math.min(Math.max(Math.ceil(AIM_BYTES_PER_MS / singleBytesPerMs), FIRST), MOST_AIMED);
  let count = FIRST;
  let seen = 0;
  let awaited = 0;
  let totalBytesPerMs = 0;
  return {
    count: () => count,
    add({ bytesPerMs, concurrent, wasAwaited }) {
      if (seen < FIRST) {
        seen++;
        awaited += Number(wasAwaited);
        totalBytesPerMs += (bytesPerMs * concurrent) / FIRST;
      }
      if (wasAwaited) count = Math.max(count, aimed);
      // One more per range doubles the number with each round of ranges.
      if (wasAwaited && bytesPerMs >= singleBytesPerMs * SHARED_LIMIT) count = Math.min(count + 1, MOST);
    },
    isWorthwhile: () => seen < FIRST || awaited < FIRST / 2 || totalBytesPerMs >= singleBytesPerMs * WORTHWHILE_GAIN,
  };
}
