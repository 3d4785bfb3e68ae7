import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import { shareTimers } from "./shared-timers.ts";

export const systemClock: Clock = {
  now: Date.now,
  async sleep(ms, signal) {
    await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
  // A time limit does not keep the process alive: the work that it limits does.
  after: shareTimers(
    () => performance.now(),
    (ms, act) => void setTimeout(act, ms).unref(),
  ),
};
