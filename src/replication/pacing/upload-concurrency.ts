import { createSemaphore } from "../../async/semaphore.ts";

/**
 * Blobs sent at once, across everything a process copies. Small ones need many streams on a long line and never wait
 * behind big ones; big ones need few, and get one more as long as that makes the whole faster.
 */
export interface Streams {
  /** Runs an upload of so many bytes when its turn has come. */
  run<T>(bytes: number, work: () => Promise<T>): Promise<T>;
  /** Bytes have gone through. */
  moved(bytes: number): void;
  /** A registry asked for less. */
  slower(): void;
}

export interface StreamLimits {
  /** Small blobs at once, at most. */
  readonly small: number;
  /** Big blobs at once, at most. */
  readonly big: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Blobs from this size on are big: their bytes take longer than their requests. */
const BIG_BYTES: number = 1024 * 1024;
/** Big blobs at once before anything is known. */
const FIRST_WIDTH = 6;
/** How long a width is tried before it is judged, in milliseconds. */
const TRIAL_MS = 500;

/** Big blobs at once, and the best rate seen so far. */
export interface Width {
  readonly width: number;
  /** Bytes per millisecond. */
  readonly best: number;
}

/** One more stream when the last change paid off by a tenth; one less when it cost a tenth. */
export function adapt({ width, best }: Width, rate: number, most: number): Width {
  if (rate > best * 1.1) return { width: Math.min(width + 1, most), best: rate };
  if (rate < best * 0.9) return { width: Math.max(width - 1, 1), best: rate };
  return { width, best };
}

export function createStreams({ small, big, now }: StreamLimits): Streams {
  let smallWidth = small;
  let current: Width = { width: Math.min(FIRST_WIDTH, big), best: 0 };
  const smallSlots = createSemaphore(smallWidth);
  const bigSlots = createSemaphore(current.width);
  let bytesMoved = 0;
  let since = now();

  function judge(): void {
    const elapsedMs = now() - since;
    if (elapsedMs < TRIAL_MS) return;
    // A trial in which nobody waited says nothing about more streams.
    if (bigSlots.waiting() > 0) {
      current = adapt(current, bytesMoved / elapsedMs, big);
      bigSlots.resize(current.width);
    }
    if (smallWidth < small) smallSlots.resize(++smallWidth);
    bytesMoved = 0;
    since = now();
  }

  return {
    run: (bytes, work) => (bytes < BIG_BYTES ? smallSlots : bigSlots).run(work),
    moved(bytes) {
      bytesMoved += bytes;
      judge();
    },
    slower() {
      smallWidth = Math.max(Math.floor(smallWidth / 2), 1);
      current = { width: Math.max(Math.floor(current.width / 2), 1), best: 0 };
      smallSlots.resize(smallWidth);
      bigSlots.resize(current.width);
    },
  };
}
