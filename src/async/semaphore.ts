/** Bounds how many things run at once. Work beyond the bound waits in order of arrival. */
export interface Semaphore {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Takes a permit that is free now; false when none is. */
  tryAcquire(): boolean;
  /** Returns a permit of `tryAcquire`. */
  release(): void;
  /** Changes the bound. Work that runs already ends as usual. */
  resize(permits: number): void;
  /** Number of works that wait for a permit. */
  waiting(): number;
}

export function createSemaphore(permits: number): Semaphore {
  let bound = permits;
  let taken = 0;
  const queue: (() => void)[] = [];

  function tryAcquire(): boolean {
    if (taken >= bound) return false;
    taken++;
    return true;
  }

  function admit(): void {
    while (queue.length > 0 && tryAcquire()) queue.shift()?.();
  }

  function release(): void {
    taken--;
    admit();
  }

  return {
    async run(work) {
      const turn = new Promise<void>((resolve) => queue.push(resolve));
      admit();
      await turn;
      try {
        return await work();
      } finally {
        release();
      }
    },
    tryAcquire,
    release,
    resize(next) {
      bound = next;
      admit();
    },
    waiting: () => queue.length,
  };
}
