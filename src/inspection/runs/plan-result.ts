import * as z from "zod";
import { PlanCost } from "../cost/plan-cost.ts";
import { DestinationSummary } from "../plan/plan-summary.ts";

/** Names with what happened to them, of which only some are kept. */
export const FailedNames = z.object({
  count: z.int().nonnegative(),
  samples: z.array(z.object({ name: z.string(), problem: z.string() })),
});
export type FailedNames = z.infer<typeof FailedNames>;

export const noFailures = (): FailedNames => ({ count: 0, samples: [] });

/** Failures that are kept with their names. */
const FAILURES_KEPT = 10;

export function addFailure(failed: FailedNames, name: string, problem: string): void {
  failed.count++;
  if (failed.samples.length < FAILURES_KEPT) failed.samples.push({ name, problem: problem.slice(0, LONGEST_PROBLEM) });
}

const LONGEST_PROBLEM = 300;

/** What a plan has found: counts of everything, and samples, however large the registry is. */
export const PlanResult = z.object({
  kind: z.literal("plan"),
  destinations: z.array(DestinationSummary),
  /** What each of them takes, at list prices of the region of the source. */
  costs: z.array(PlanCost.extend({ destination: z.string() })),
  /** Repositories of the source that no rule is for. */
  withoutRule: z.object({ count: z.int().nonnegative(), samples: z.array(z.string()) }),
  failed: FailedNames,
});
export type PlanResult = z.infer<typeof PlanResult>;

export function emptyPlan(): PlanResult {
  return { kind: "plan", destinations: [], costs: [], withoutRule: { count: 0, samples: [] }, failed: noFailures() };
}
