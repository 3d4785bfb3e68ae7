import { setTimeout as sleep } from "node:timers/promises";
import type { LocalFunction } from "./function.ts";

export interface ScheduleOptions {
  readonly target: Pick<LocalFunction, "invoke">;
  /** Wait before the first call, and between the start of one and that of the next. */
  readonly firstMs: number;
  readonly everyMs: number;
}

/** Invokes a function at an interval, as a scheduled rule does. @returns a function that stops it. */
export function startSchedule({ target, firstMs, everyMs }: ScheduleOptions): () => Promise<void> {
  const stopped = new AbortController();
  const ticking = tick();

  async function tick(): Promise<void> {
    for (let wait = firstMs; ; wait = everyMs) {
      await sleep(wait, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (stopped.signal.aborted) return;
      // Not awaited: the next invocation starts on time.
      void target.invoke({ "detail-type": "Scheduled Event", source: "aws.events" });
    }
  }

  return async () => {
    stopped.abort();
    await ticking;
  };
}
