import { heldQueues, releasedQueues } from "../../replication/destination/queue-pause.ts";
import type { Operations } from "./open-operations.ts";

/** Whether the queues of a destination are now as an operator asks; `already`: they were. */
export type HoldResult = "done" | "already";

/** Asks the probe function to pause the queues of a destination: within a minute no copy begins. Running copies end. */
export function holdDestination(name: string, by: string, operations: Operations): Promise<HoldResult> {
  return change(name, operations, (record) => heldQueues(record, { by, now: Date.now() }));
}

/** Asks it to resume them: with a few copies at once, then more every minute. */
export function releaseDestination(name: string, operations: Operations): Promise<HoldResult> {
  return change(name, operations, (record) => releasedQueues(record, Date.now()));
}

function change(
  name: string,
  { stores, signal }: Operations,
  next: (record: Parameters<typeof releasedQueues>[0]) => ReturnType<typeof releasedQueues>,
): Promise<HoldResult> {
  return stores.queuePauses.update(
    name,
    (record) => {
      const changed = next(record);
      return changed === undefined ? { answer: "already" } : { next: changed, answer: "done" };
    },
    signal,
  );
}
