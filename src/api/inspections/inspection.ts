import { z } from "../zod/z.ts";
import type { InspectionRecord } from "../../inspection/runs/inspection-record.ts";
import { SkipGroup } from "../../inspection/plan/plan-summary.ts";
import { SKIP_REASONS } from "./skip-reasons.ts";

/** What a plan and a verification say about their run. Times are epoch milliseconds. */
export const RunOfJob = {
  job: z.string(),
  run: z.string().openapi({ description: "The run of the job that began it." }),
  repository: z.string().optional().openapi({ description: "Only this repository; absent: all that rules select." }),
  startedAt: z.number(),
  configuration: z.string().openapi({ description: "The version of the configuration that decided." }),
  interruptions: z.int().openapi({
    description:
      "How often it was continued by another invocation. A blob that repositories share on both sides of an interruption counts once for each.",
  }),
};

/** An inspection that is not over. */
export const UnderWay = z
  .object({
    ...RunOfJob,
    repositories: z.object({ done: z.int(), total: z.int().optional() }),
    isWorking: z.boolean().openapi({ description: "False: the next invocation continues it." }),
  })
  .openapi("InspectionUnderWay");
export type UnderWay = z.infer<typeof UnderWay>;

/** Images that stay as they are, by rule and reason. */
export const LeftGroup = SkipGroup.extend({
  why: z.string().optional().openapi({ description: "The reason in words, where it has some." }),
}).openapi("LeftGroup");

export function leftOf(group: SkipGroup): z.infer<typeof LeftGroup> {
  const why = SKIP_REASONS[group.reason];
  return why === undefined ? group : { ...group, why };
}

/** Names that could not be read. */
export const Failed = z
  .object({ count: z.int(), samples: z.array(z.object({ name: z.string(), problem: z.string() })) })
  .openapi("FailedNames");

const Scope = z.object({ repository: z.string().optional() });

/** What the run of a job is about, for its answer. */
export function runOf(
  job: string,
  { run, task, startedAt, configuration, interruptions }: NonNullable<InspectionRecord["running" | "finished"]>,
) {
  const { repository } = Scope.parse(JSON.parse(task));
  return { job, run, startedAt, configuration, interruptions, ...(repository === undefined ? {} : { repository }) };
}

export function underWayOf(job: string, running: NonNullable<InspectionRecord["running"]>, now: number): UnderWay {
  const { done, total, lease } = running;
  const repositories = { done, ...(total === undefined ? {} : { total }) };
  return { ...runOf(job, running), repositories, isWorking: lease !== undefined && lease.until > now };
}
