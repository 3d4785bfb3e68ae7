import { z } from "../zod/z.ts";
import { hasChanges, PlanCost as Cost } from "../../inspection/cost/plan-cost.ts";
import { ChangeGroup, PendingDelete } from "../../inspection/plan/plan-summary.ts";
import type { DestinationSummary } from "../../inspection/plan/plan-summary.ts";
import { PlanTotals } from "../../inspection/plan/plan-totals.ts";
import type { FinishedInspection } from "../../inspection/runs/inspection-record.ts";
import { Failed, LeftGroup, leftOf, RunOfJob, runOf, UnderWay } from "./inspection.ts";

/** One image that would be copied. */
const PlannedCopy = z
  .object({
    repository: z.string(),
    reference: z.string().openapi({ description: "Its tag at the source, or its digest." }),
    to: z.string().openapi({ description: "The repository at the destination." }),
    as: z.string().openapi({ description: "What names it there." }),
    how: ChangeGroup.shape.how,
    rule: z.string(),
    bytes: z.int().openapi({ description: "Bytes of blobs that are sent for it." }),
    replaces: z.string().optional().openapi({ description: "What the destination's tag names now." }),
  })
  .openapi("PlannedCopy");

/** One tag that would be deleted. */
const PlannedDelete = z
  .object({ to: z.string(), tag: z.string(), repository: z.string(), cause: z.string(), rule: z.string() })
  .openapi("PlannedDelete");

/** What carrying out a plan costs at list prices, and the least time that it takes. */
const PlanCost = Cost.openapi("PlanCost", { description: "Egress by each path, the first one is that of the sum." });

/** What a plan says about one destination: counts of everything, and the first names. */
const PlannedDestination = z
  .object({
    destination: z.string(),
    totals: PlanTotals.openapi("PlanTotals"),
    cost: PlanCost,
    equal: z.int().openapi({ description: "Images that are equal at both ends." }),
    changes: z.array(ChangeGroup.openapi("ChangeGroup")).openapi({ description: "By rule and kind." }),
    left: z.array(LeftGroup).openapi({ description: "Images that stay as they are, by rule and reason." }),
    copies: z.array(PlannedCopy).openapi({ description: "The first copies." }),
    deletes: z.array(PlannedDelete).openapi({ description: "The first deletes." }),
    later: z.object({
      count: z.int().openapi({ description: "Tags that will be deleted when their grace period is over." }),
      samples: z.array(PendingDelete.openapi("LaterDelete")),
    }),
  })
  .openapi("PlannedDestination");

/** A plan that is whole. */
const FinishedPlan = z
  .object({
    ...RunOfJob,
    finishedAt: z.number(),
    isOfOtherConfiguration: z.boolean().optional().openapi({
      description: "The configuration in force is another one than that of the plan; absent: it is not known here.",
    }),
    repositories: z.int().openapi({ description: "Repositories that were compared." }),
    hasChanges: z.boolean(),
    destinations: z.array(PlannedDestination),
    withoutRule: z
      .object({ count: z.int(), samples: z.array(z.string()) })
      .openapi({ description: "Repositories of the source that no rule is for." }),
    failed: Failed.openapi({ description: "What could not be compared." }),
  })
  .openapi("FinishedPlan");
export type FinishedPlan = z.infer<typeof FinishedPlan>;

/** The newest plan of the jobs of a stack, and those under way. */
export const Plan = z
  .object({
    finished: FinishedPlan.optional().openapi({ description: "The newest one; absent: none was made yet." }),
    running: z.array(UnderWay),
  })
  .openapi("Plan");
export type Plan = z.infer<typeof Plan>;

/** @returns undefined when the inspection is no plan. */
export function finishedPlanOf(
  job: string,
  finished: FinishedInspection,
  inForce: string | undefined,
): FinishedPlan | undefined {
  const { result, finishedAt, repositories } = finished;
  if (result.kind !== "plan") return undefined;
  const { destinations, costs, withoutRule, failed } = result;
  return {
    ...runOf(job, finished),
    finishedAt,
    ...(inForce === undefined ? {} : { isOfOtherConfiguration: finished.configuration !== inForce }),
    repositories,
    hasChanges: destinations.some(hasChanges),
    destinations: destinations.map((summary) => destinationOf(summary, costs)),
    withoutRule,
    failed,
  };
}

const NO_COST: Cost = { seconds: 0, paths: [], stack: [], dollars: 0 };

function destinationOf(summary: DestinationSummary, costs: readonly (Cost & { readonly destination: string })[]) {
  const { destination, totals, equal, changes, skipped, copies, deletes, pending, pendingCount } = summary;
  const cost = costs.find((each) => each.destination === destination) ?? NO_COST;
  return {
    destination,
    totals,
    cost: { seconds: cost.seconds, paths: cost.paths, stack: cost.stack, dollars: cost.dollars },
    equal: equal.images,
    changes,
    left: skipped.map(leftOf),
    copies: copies.map(({ repository, reference, to, as, how, rule, bytes, replaces }) => ({
      repository,
      reference,
      to,
      as,
      how,
      rule,
      bytes,
      ...(replaces === undefined ? {} : { replaces }),
    })),
    deletes: deletes.map(({ to, repository, tombstone: { tag, cause, rule } }) => ({
      to,
      tag,
      repository,
      cause,
      rule,
    })),
    later: { count: pendingCount.count, samples: pending },
  };
}
