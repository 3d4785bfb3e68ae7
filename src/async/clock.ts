/** Time as a parameter: the same code runs by the system's clock, and by one that is only played. */
export interface Clock {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Waits. @throws the signal's reason when aborted first. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Acts once, later. @returns what takes that back; it can be called at any time, and more than once. */
  readonly after: (ms: number, act: () => void) => () => void;
}
