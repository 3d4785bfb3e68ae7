import { setTimeout as sleep } from "node:timers/promises";
import type { LocalFunction } from "./function.ts";

export interface ScheduleOptions {
  readonly target: Pick<LocalFunction, "invoke">;
  /** Wait before the first call, and between the start of one and that of the next. */
  readonly firstMs: number;
  readonly everyMs: number;
}

/** Calls a function again and again, as a rule with a rate does. @returns what ends it. */
export function startSchedule({ target, firstMs, everyMs }: ScheduleOptions): () => Promise<void> {
  const stopped = new AbortController();
  const ticking = tick();

  async function tick(): Promise<void> {
    for (let wait = firstMs; ; wait = everyMs) {
      await sleep(wait, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (stopped.signal.aborted) return;
      // The next call does not wait for this one.
      void target.invoke({ "detail-type": "Scheduled Event", source: "aws.events" });
    }
  }

  return async () => {
    stopped.abort();
    await ticking;
  };
}
