/** Time as a parameter: the same code runs with the system clock and with a virtual one. */
export interface Clock {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Waits. @throws the signal's reason when aborted first. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Calls `act` once, after `ms` milliseconds. @returns a function that cancels the call; it can be called at any time, repeatedly. */
  readonly after: (ms: number, act: () => void) => () => void;
}
