import { unlessAborted } from "./limited.ts";

interface Run {
  readonly end: Promise<void>;
  readonly abort: AbortController;
  waiting: number;
}

/**
 * Work that is done once for all who want it at the same time. One who is aborted leaves at once with the reason; the work
 * goes on for the others, and is aborted when the last one has left.
 */
export function createJointWork(work: (signal: AbortSignal) => Promise<void>): (signal: AbortSignal) => Promise<void> {
  let running: Run | undefined;

  function begin(): Run {
    const abort = new AbortController();
    const run: Run = { abort, waiting: 0, end: work(abort.signal).finally(() => forget(run)) };
    return run;
  }

  function forget(run: Run): void {
    if (running === run) running = undefined;
  }

  return async (signal) => {
    const joined = (running ??= begin());
    joined.waiting++;
    try {
      await unlessAborted(joined.end, signal);
    } finally {
      joined.waiting--;
      if (joined.waiting === 0) {
        forget(joined);
        joined.abort.abort(signal.reason);
      }
    }
  };
}
