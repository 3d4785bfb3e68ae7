/** Limits how much work runs at once. Further work waits in order of arrival. */
export interface Semaphore {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Takes a permit if one is free. */
  tryAcquire(): boolean;
  /** Returns a permit that `tryAcquire` took. */
  release(): void;
  /** Changes the number of permits. Running work is not interrupted. */
  resize(permits: number): void;
  /** Length of the queue. */
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
      // While a permit is free, nothing waits.
      if (!tryAcquire()) await new Promise<void>((resolve) => queue.push(resolve));
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
