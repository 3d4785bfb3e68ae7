/** Tells who holds a stream up: where its bytes come from, or who reads them. */
export interface Meter {
  /** Passes bytes on and takes the time they are waited for. */
  measured(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
  /** What was measured since the last look. */
  look(): Measurement;
  /** Begins anew. */
  reset(): void;
}

export interface Measurement {
  readonly bytes: number;
  readonly elapsedMs: number;
  /** Share of the time spent waiting for bytes to come, 0 to 1. */
  readonly waiting: number;
  /** Bytes per millisecond. */
  readonly rate: number;
}

export function createMeter(now: () => number): Meter {
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
    look() {
      const elapsedMs = Math.max(now() - since, 1);
      return { bytes, elapsedMs, waiting: waitedMs / elapsedMs, rate: bytes / elapsedMs };
    },
    reset() {
      bytes = 0;
      waitedMs = 0;
      since = now();
    },
  };
}
