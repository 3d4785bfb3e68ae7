/** Prints what items report, in the order of the items, whatever the order in which they end. */
export interface OrderedOutput {
  /** Runs `print` once everything before `index` has been printed. */
  put(index: number, print: () => void | Promise<void>): void;
  /** Prints what is still waiting for items that have not ended, in order. @throws the first error of a print. */
  end(): Promise<void>;
}

export function createOrderedOutput(): OrderedOutput {
  const waiting = new Map<number, () => void | Promise<void>>();
  let next = 0;
  let printed = Promise.resolve();

  function printLater(print: () => void | Promise<void>): void {
    printed = printed.then(print);
    // `end` throws its rejection.
    printed.catch(() => undefined);
  }

  return {
    put(index, print) {
      waiting.set(index, print);
      for (let due = waiting.get(next); due !== undefined; due = waiting.get(next)) {
        waiting.delete(next++);
        printLater(due);
      }
    },
    async end() {
      for (const [, print] of [...waiting].toSorted(([one], [other]) => one - other)) printLater(print);
      waiting.clear();
      await printed;
    },
  };
}
