import { CANARY_TAG, LAG_GOAL } from "../../contract/stack/limits.ts";
import { createGoalCounter } from "../../replication/pending/goal-report.ts";
import type { GoalReport, Period } from "../../replication/pending/goal-report.ts";
import type { Operations } from "../operations/open-operations.ts";

/**
 * Recounts how well each destination met the goal, from the receipts and the pending pushes. Canaries do not count: they would hide how
 * images of people fare. Reads the whole table.
 */
export async function recountGoal(period: Period, operations: Operations): Promise<GoalReport[]> {
  const { parts, pending, acceptedReceipts, signal } = operations;
  const counter = createGoalCounter(LAG_GOAL, period);
  for await (const receipt of acceptedReceipts()) if (receipt.reference !== CANARY_TAG) counter.add(receipt);
  const now = Date.now();
  for (const name of parts.destinations) {
    for await (const push of pending.ofDestination(name, signal)) {
      if (push.reference !== CANARY_TAG) counter.addPending(push, now);
    }
  }
  return parts.destinations.map((name) => counter.report(name));
}
