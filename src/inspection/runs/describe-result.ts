import type { InspectionResult } from "./inspection-record.ts";
import type { PlanResult } from "./plan-result.ts";
import type { VerificationResult } from "./verification-result.ts";

/** What was found, in a few words: for the history of a job, and for the log. */
export function describeResult(result: InspectionResult, repositories: number): string {
  const failed = result.failed.count === 0 ? "" : `; ${result.failed.count} could not be compared`;
  const of = `${repositories} ${repositories === 1 ? "repository" : "repositories"}`;
  return `${result.kind === "plan" ? describePlan(result, of) : describeVerification(result, of)}${failed}`;
}

function describePlan({ destinations }: PlanResult, of: string): string {
  const copies = sum(destinations, ({ totals }) => totals.copies);
  const bytes = sum(destinations, ({ totals }) => totals.bytes);
  const deletes = sum(destinations, ({ totals }) => totals.deletes);
  const equal = sum(destinations, ({ equal: { images } }) => images);
  return `planned ${of}: ${copies} to copy with ${bytes} bytes, ${deletes} to delete, ${equal} equal`;
}

function describeVerification({ destinations }: VerificationResult, of: string): string {
  const tags = (field: "equal" | "differ" | "unknown"): number => sum(destinations, (each) => each.tags[field]);
  const requested = sum(destinations, (each) => each.requested);
  const repair = requested === 0 ? "" : `, ${requested} copies were requested`;
  const unknown = tags("unknown") === 0 ? "" : `, ${tags("unknown")} not known`;
  return `verified ${of}: ${tags("equal")} equal, ${tags("differ")} with faults${unknown}${repair}`;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
