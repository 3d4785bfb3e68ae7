/** Items that wait for admission, in order of arrival. */
export interface AdmissionQueue<Item> {
  /** Waits until the item is admitted. @throws the error it is rejected with, or the signal's reason. */
  wait(item: Item, signal: AbortSignal): Promise<void>;
  /** Admits each waiting item for which `mayEnter` is true; called in order of arrival, once for each item. */
  admit(mayEnter: (item: Item) => boolean): void;
  /** Rejects all waiting items. */
  reject(errorOf: (item: Item) => unknown): void;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly enter: () => void;
  readonly reject: (error: unknown) => void;
}

export function createAdmissionQueue<Item>(): AdmissionQueue<Item> {
  const queue = new Set<Waiting<Item>>();
  return {
    wait(item, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const own = { item, enter: resolve, reject };
      const onAbort = (): void => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      queue.add(own);
      return promise.finally(() => {
        queue.delete(own);
        signal.removeEventListener("abort", onAbort);
      });
    },
    admit(mayEnter) {
      for (const own of queue) {
        if (!mayEnter(own.item)) continue;
        queue.delete(own);
        own.enter();
      }
    },
    reject(errorOf) {
      for (const own of queue) own.reject(errorOf(own.item));
    },
  };
}
