import type { Clock } from "../../async/clock.ts";

/** Work beside other work, until it is stopped. Its waits then end at once, and create no error. */
export interface Background {
  isStopped(): boolean;
  /** Aborted when the work is stopped; for the calls that it makes. */
  signal(): AbortSignal;
  /** Waits. False when the work is stopped. */
  rest(ms: number): Promise<boolean>;
  /** The result of `call`, or "late" when `ms` pass or the work is stopped first; the call itself continues. */
  inTime<T>(call: Promise<T>, ms: number): Promise<T | "late">;
  stop(): void;
}

export function createBackground(clock: Clock): Background {
  let isStopped = false;
  /** Most work is stopped before it makes a call. */
  let abort: AbortController | undefined;
  let endWait = (): void => undefined;

  function wait(ms: number): Promise<"late"> {
    return new Promise((resolve) => {
      if (isStopped) return resolve("late");
      const cancel = clock.after(ms, () => resolve("late"));
      endWait = () => {
        cancel();
        resolve("late");
      };
    });
  }

  return {
    isStopped: () => isStopped,
    signal() {
      abort ??= new AbortController();
      if (isStopped) abort.abort();
      return abort.signal;
    },
    async rest(ms) {
      await wait(ms);
      return !isStopped;
    },
    async inTime(call, ms) {
      call.catch(() => undefined);
      if (ms <= 0) return "late";
      try {
        return await Promise.race([call, wait(ms)]);
      } finally {
        endWait();
      }
    },
    stop() {
      isStopped = true;
      endWait();
      abort?.abort();
    },
  };
}
