import * as z from "zod";
import { isRepositoryName, isTag } from "../../oci/reference.ts";
import { ScheduleExpression } from "./schedule-expression.ts";

const repository = z.string().refine(isRepositoryName, "is not a repository name");

/**
 * What a job does. All names are names of the configuration or of the source: no parameter is a host, so a job reaches no other
 * registry than the stack does.
 */
export const JobTask = z.discriminatedUnion("kind", [
  /** Requests a copy of one tag, to one destination or to all. */
  z.strictObject({
    kind: z.literal("copy-tag"),
    repository,
    tag: z.string().refine(isTag, "is not a tag"),
    destination: z.string().min(1).max(64).optional(),
  }),
  /** Compares one repository at both ends, and requests copies of what differs. */
  z.strictObject({ kind: z.literal("copy-repository"), repository }),
  /** Starts the regular comparison now, or a comparison that the configuration names. */
  z.strictObject({ kind: z.literal("reconcile"), comparison: z.string().min(1).max(64).optional() }),
  /** Compares source and destinations, and keeps what would be copied and deleted. Requests nothing. */
  z.strictObject({ kind: z.literal("plan"), repository: repository.optional() }),
  /** Compares copies with their images to the last blob; with `repair`, requests copies of what has faults. */
  z.strictObject({
    kind: z.literal("verify"),
    repository: repository.optional(),
    /** The share of the tags with equal digests whose content is compared. */
    samplePercent: z.number().min(0.01).max(100).optional(),
    repair: z.boolean().optional(),
  }),
  /** Removes records of the table without a use; with `dryRun`, only says which they are. */
  z.strictObject({ kind: z.literal("prune"), dryRun: z.boolean().optional() }),
]);
export type JobTask = z.infer<typeof JobTask>;

/** Longest time of one run, in seconds: a Lambda function has 900, and the end of a run has to be recorded. */
export const JOB_MAX_SECONDS = 840;
/** The most retries of one run. */
export const JOB_MAX_RETRIES = 5;

/** A job: what is done, when, and for how long at most. */
export const Job = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,47}$/, "has other characters than a-z, 0-9 and -, or more than 48"),
  task: JobTask,
  /** Without it, the job runs on demand only. */
  schedule: ScheduleExpression.optional(),
  /** Of one run, with its retries. */
  timeoutSeconds: z.int().min(1).max(JOB_MAX_SECONDS).default(600),
  /** Further attempts after a transient failure; with 0 the job is attempted once. */
  retries: z.int().min(0).max(JOB_MAX_RETRIES).default(0),
  /** False: its schedule starts nothing. It can still be run on demand. */
  enabled: z.boolean().default(true),
});
export type Job = z.infer<typeof Job>;
