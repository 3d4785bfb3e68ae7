/** Those who wait for their turn, in order of arrival. */
export interface Turns<Item> {
  /** Waits until the item is let in. @throws what it is refused with, or the signal's reason. */
  wait(item: Item, signal: AbortSignal): Promise<void>;
  /** Lets everything in that `mayEnter` now; asked in order, after each one again. */
  admit(mayEnter: (item: Item) => boolean): void;
  /** Refuses all that wait. */
  refuse(reason: (item: Item) => unknown): void;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly enter: () => void;
  readonly refuse: (reason: unknown) => void;
}

export function createTurns<Item>(): Turns<Item> {
  const waiting = new Set<Waiting<Item>>();
  return {
    wait(item, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const own = { item, enter: resolve, refuse: reject };
      const leave = (): void => reject(signal.reason);
      signal.addEventListener("abort", leave, { once: true });
      waiting.add(own);
      return promise.finally(() => {
        waiting.delete(own);
        signal.removeEventListener("abort", leave);
      });
    },
    admit(mayEnter) {
      for (const own of waiting) {
        if (!mayEnter(own.item)) continue;
        waiting.delete(own);
        own.enter();
      }
    },
    refuse(reason) {
      for (const own of waiting) own.refuse(reason(own.item));
    },
  };
}
