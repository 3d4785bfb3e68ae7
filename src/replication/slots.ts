/** A bounded number of things at once; whoever comes later waits in order of arrival. */
export interface Slots {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Changes the bound; what runs already is left to end. */
  resize(count: number): void;
  /** How many wait for a slot. */
  waiting(): number;
}

export function createSlots(count: number): Slots {
  let bound = count;
  let running = 0;
  const queue: (() => void)[] = [];

  function admit(): void {
    while (running < bound && queue.length > 0) {
      running++;
      queue.shift()?.();
    }
  }

  return {
    async run(work) {
      const turn = new Promise<void>((resolve) => queue.push(resolve));
      admit();
      await turn;
      try {
        return await work();
      } finally {
        running--;
        admit();
      }
    },
    resize(next) {
      bound = next;
      admit();
    },
    waiting: () => queue.length,
  };
}
