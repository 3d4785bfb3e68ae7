import { z } from "../zod/z.ts";
import type { FinishedInspection } from "../../inspection/runs/inspection-record.ts";
import { FaultGroup, VerifiedDestination as Verified } from "../../inspection/runs/verification-result.ts";
import { Failed, LeftGroup, leftOf, RunOfJob, runOf, UnderWay } from "./inspection.ts";

/** What a verification says about one destination. */
const VerifiedDestination = Verified.extend({
  faults: z.array(FaultGroup.openapi("FaultGroup")).openapi({ description: "By kind, with some names." }),
  left: z.array(LeftGroup).openapi({ description: "Images that are to differ, by rule and reason." }),
  requested: z.int().openapi({ description: "Copies that were requested as a repair." }),
}).openapi("VerifiedDestination");

/** A verification that is whole. */
const FinishedVerification = z
  .object({
    ...RunOfJob,
    finishedAt: z.number(),
    samplePercent: z.number().openapi({ description: "The share of equal tags that was compared to the last blob." }),
    repositories: z.int(),
    hasFaults: z.boolean(),
    destinations: z.array(VerifiedDestination),
    failed: Failed.openapi({ description: "What could not be compared." }),
  })
  .openapi("FinishedVerification");
export type FinishedVerification = z.infer<typeof FinishedVerification>;

/** The newest verification of the jobs of a stack, and those under way. */
export const Verification = z
  .object({
    finished: FinishedVerification.optional().openapi({ description: "The newest one; absent: none was made yet." }),
    running: z.array(UnderWay),
  })
  .openapi("Verification");
export type Verification = z.infer<typeof Verification>;

const Sampled = z.object({ samplePercent: z.number().default(100) });

/** @returns undefined when the inspection is no verification. */
export function finishedVerificationOf(job: string, finished: FinishedInspection): FinishedVerification | undefined {
  const { result, finishedAt, repositories, task } = finished;
  if (result.kind !== "verification") return undefined;
  const { destinations, failed } = result;
  return {
    ...runOf(job, finished),
    finishedAt,
    samplePercent: Sampled.parse(JSON.parse(task)).samplePercent,
    repositories,
    hasFaults: destinations.some(({ faults }) => faults.length > 0),
    destinations: destinations.map((each) => ({ ...each, left: each.left.map(leftOf) })),
    failed,
  };
}
