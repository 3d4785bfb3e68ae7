/** Measures a stream, and whether its source or its reader limits it. */
export interface ThroughputMeter {
  /** Passes bytes on, and measures how long each takes to come. */
  measured(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
  /** The throughput since the last reset. */
  read(): Throughput;

  reset(): void;
}

export interface Throughput {
  readonly bytes: number;
  readonly elapsedMs: number;
  /** Share of the time spent waiting for the source, 0 to 1. */
  readonly waitingShare: number;

  readonly bytesPerMs: number;
}

export function createThroughputMeter(now: () => number): ThroughputMeter {
  let bytes = 0;
  let waitedMs = 0;
  let since = now();
  return {
    async *measured(stream) {
      const iterator = stream[Symbol.asyncIterator]();
      try {
        for (;;) {
          const asked = now();
          const next = await iterator.next();
          waitedMs += now() - asked;
          if (next.done === true) return;
          bytes += next.value.byteLength;
          yield next.value;
        }
      } finally {
        await iterator.return?.();
      }
    },
    read() {
      const elapsedMs = Math.max(now() - since, 1);
      return { bytes, elapsedMs, waitingShare: waitedMs / elapsedMs, bytesPerMs: bytes / elapsedMs };
    },
    reset() {
      bytes = 0;
      waitedMs = 0;
      since = now();
    },
  };
}

/** A source is slow when the reader waits for it most of the time, measured over at least this time and this many bytes. */
const SLOW_WAITING = 0.8;
const SLOW_AFTER_MS = 120;
const SLOW_AFTER_BYTES = 256 * 1024;
/** Throughput above which one connection never limits a copy, in bytes per millisecond. */
const FAST_BYTES_PER_MS = 100_000;

/** True when the source, and nothing else, limits the stream that was measured. */
export function isSlow({ bytes, elapsedMs, waitingShare, bytesPerMs }: Throughput): boolean {
  if (elapsedMs < SLOW_AFTER_MS || bytes < SLOW_AFTER_BYTES) return false;
  return waitingShare >= SLOW_WAITING && bytesPerMs < FAST_BYTES_PER_MS;
}
