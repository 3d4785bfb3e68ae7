import type { Clock } from "../../async/clock.ts";

/** When a registry may be asked again: one that says it is busy says so to everybody who asks it. */
export interface Pace {
  /** Waits for the moment the registry asked for. @throws the signal's reason when aborted. */
  turn(signal: AbortSignal): Promise<void>;
  /** The registry is busy, and wants to be left alone for this long, in milliseconds. */
  busy(waitMs: number): void;
}

/** Longest wait before a request, in milliseconds: what asks for more is no matter of pace. */
const TURN_MAX_MS = 5_000;

export function createPace(clock: Pick<Clock, "now" | "sleep">, onBusy?: () => void): Pace {
  let notBefore = 0;
  return {
    async turn(signal) {
      for (let left = notBefore - clock.now(); left > 0; left = notBefore - clock.now()) {
        await clock.sleep(left, signal);
      }
    },
    busy(waitMs) {
      onBusy?.();
      notBefore = Math.max(notBefore, clock.now() + Math.min(waitMs, TURN_MAX_MS));
    },
  };
}
