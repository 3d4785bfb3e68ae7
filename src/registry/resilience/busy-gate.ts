import type { Clock } from "../../async/clock.ts";

/** When a registry may be asked again: one that says it is busy says so to everybody who asks it. */
export interface BusyGate {
  /** Waits for the moment the registry asked for. @throws the signal's reason when aborted. */
  wait(signal: AbortSignal): Promise<void>;
  /** The registry is busy, and wants to be left alone for this long, in milliseconds. */
  close(waitMs: number): void;
}

/** Longest wait before a request, in milliseconds: what asks for more is no matter of pace. */
const TURN_MAX_MS = 5_000;

export function createBusyGate(clock: Pick<Clock, "now" | "sleep">, onBusy?: () => void): BusyGate {
  let notBefore = 0;
  return {
    async wait(signal) {
      for (let left = notBefore - clock.now(); left > 0; left = notBefore - clock.now()) {
        await clock.sleep(left, signal);
      }
    },
    close(waitMs) {
      onBusy?.();
      notBefore = Math.max(notBefore, clock.now() + Math.min(waitMs, TURN_MAX_MS));
    },
  };
}
