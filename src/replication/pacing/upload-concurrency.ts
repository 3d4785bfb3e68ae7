import { createSemaphore } from "../../async/semaphore.ts";

/**
 * Bounds the concurrent uploads of a process, over all its copies. Small blobs have a bound of their own, so that they never
 * wait behind big ones. The bound for big blobs grows while more uploads make the total faster.
 */
export interface UploadConcurrency {
  /** Runs the upload of a blob of `bytes` once it is below the bound. */
  run<T>(bytes: number, work: () => Promise<T>): Promise<T>;
  /** Counts bytes read from the source, and adapts the bound for big blobs. */
  addBytes(bytes: number): void;
  /** Halves both bounds: a registry answered that there are too many requests. */
  backOff(): void;
}

export interface UploadConcurrencyLimits {
  /** Highest bound for small blobs. */
  readonly small: number;
  /** Highest bound for big blobs. */
  readonly big: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Blobs from this size on are big: their bytes take longer than their requests. */
const BIG_BYTES: number = 1024 * 1024;
/** First bound for big blobs. */
const FIRST_WIDTH = 6;
/** Time for which a bound is measured before it changes, in milliseconds. */
const MEASURE_MS = 500;

/** The bound for big blobs, and the rate that it is compared with. */
export interface Width {
  readonly width: number;
  /** Rate at the last change, in bytes per millisecond. */
  readonly best: number;
}

/** The next bound: one more when the rate grew by over a tenth, one less when it fell by over a tenth. */
export function adapt({ width, best }: Width, rate: number, most: number): Width {
  if (rate > best * 1.1) return { width: Math.min(width + 1, most), best: rate };
  if (rate < best * 0.9) return { width: Math.max(width - 1, 1), best: rate };
  return { width, best };
}

export function createUploadConcurrency({ small, big, now }: UploadConcurrencyLimits): UploadConcurrency {
  let smallWidth = small;
  let current: Width = { width: Math.min(FIRST_WIDTH, big), best: 0 };
  const smallSlots = createSemaphore(smallWidth);
  const bigSlots = createSemaphore(current.width);
  let bytesRead = 0;
  let since = now();

  function adaptBounds(): void {
    const elapsedMs = now() - since;
    if (elapsedMs < MEASURE_MS) return;
    // While no upload waits, a higher bound would change nothing.
    if (bigSlots.waiting() > 0) {
      current = adapt(current, bytesRead / elapsedMs, big);
      bigSlots.resize(current.width);
    }
    if (smallWidth < small) smallSlots.resize(++smallWidth);
    bytesRead = 0;
    since = now();
  }

  return {
    run: (bytes, work) => (bytes < BIG_BYTES ? smallSlots : bigSlots).run(work),
    addBytes(bytes) {
      bytesRead += bytes;
      adaptBounds();
    },
    backOff() {
      smallWidth = Math.max(Math.floor(smallWidth / 2), 1);
      current = { width: Math.max(Math.floor(current.width / 2), 1), best: 0 };
      smallSlots.resize(smallWidth);
      bigSlots.resize(current.width);
    },
  };
}
