/** Time as a parameter, so that the same code runs against a simulated clock. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Waits. @throws the signal's reason when aborted first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
