/** When every world begins: not at 0, for code that takes 0 for "unset" would then be right by chance. Epoch milliseconds. */
export const BEGAN_AT: number = Date.UTC(2026, 0, 1);

/** Time that passes only when everything that could happen at a moment has happened. */
export interface VirtualTime {
  /** Epoch milliseconds, as the code under test has them. */
  now(): number;
  /** Milliseconds since the beginning, as scenarios count them. */
  passed(): number;
  /** Lets something happen after a while. @returns a way to take it back. */
  after(ms: number, act: () => void): () => void;
  /** Lets time pass, event by event, until so many milliseconds have passed since the beginning, or `isOver` says so. */
  run(untilMs: number, isOver?: () => boolean): Promise<void>;
}

interface Entry {
  readonly at: number;
  /** Earlier entries first among those of one moment: a run is the same every time. */
  readonly order: number;
  act: (() => void) | undefined;
}

export function createVirtualTime(): VirtualTime {
  let now = BEGAN_AT;
  let order = 0;
  const heap: Entry[] = [];

  const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(entry: Entry): void {
    heap.push(entry);
    for (let child = heap.length - 1; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!swapIfBefore(child, parent)) return;
      child = parent;
    }
  }

  function swapIfBefore(lower: number, upper: number): boolean {
    const [a, b] = [heap[lower], heap[upper]];
    if (a === undefined || b === undefined || !isBefore(a, b)) return false;
    heap[lower] = b;
    heap[upper] = a;
    return true;
  }

  function pop(): Entry | undefined {
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let parent = 0; ;) {
      const left = 2 * parent + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      const child = a !== undefined && b !== undefined && isBefore(b, a) ? left + 1 : left;
      if (!swapIfBefore(child, parent)) return first;
      parent = child;
    }
  }

  return {
    now: () => now,
    passed: () => now - BEGAN_AT,
    after(ms, act) {
      const entry: Entry = { at: now + Math.ceil(Math.max(ms, 0)), order: order++, act };
      push(entry);
      return () => {
        entry.act = undefined;
      };
    },
    async run(untilMs, isOver = () => false) {
      const end = BEGAN_AT + untilMs;
      await settled();
      for (let next = heap[0]; next !== undefined && next.at <= end; next = heap[0]) {
        pop();
        if (next.act === undefined) continue;
        now = next.at;
        next.act();
        // Every promise that can settle now settles before time goes on.
        await settled();
        if (isOver()) return;
      }
      now = Math.max(now, end);
    },
  };
}

/** Every promise that can settle now has done so. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
