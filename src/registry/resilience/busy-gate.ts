import type { Clock } from "../../async/clock.ts";

/** Holds back all requests to a registry that has answered that it is busy. */
export interface BusyGate {
  isClosed(): boolean;
  /** Waits until the gate is open. @throws the signal's reason when aborted. */
  wait(signal: AbortSignal): Promise<void>;
  /** Closes the gate for the time that the registry asked to wait, in milliseconds; {@link MAX_CLOSED_MS} at most. */
  close(waitMs: number): void;
}

/** Longer waits are left to the retry policy and the queue. */
const MAX_CLOSED_MS = 5_000;

export function createBusyGate(clock: Pick<Clock, "now" | "sleep">, onBusy?: () => void): BusyGate {
  let notBefore = 0;
  return {
    isClosed: () => notBefore > clock.now(),
    async wait(signal) {
      for (let left = notBefore - clock.now(); left > 0; left = notBefore - clock.now()) {
        await clock.sleep(left, signal);
      }
    },
    close(waitMs) {
      onBusy?.();
      notBefore = Math.max(notBefore, clock.now() + Math.min(waitMs, MAX_CLOSED_MS));
    },
  };
}
