import { ApiFailure, get } from "./api.ts";

/** A job, as the API lists it. */
export interface Job {
  readonly name: string;
  readonly task: Task;
  readonly schedule?: string;
  readonly timeoutSeconds: number;
  readonly retries: number;
  readonly enabled: boolean;
}

type Task =
  | { readonly kind: "copy-tag"; readonly repository: string; readonly tag: string; readonly destination?: string }
  | { readonly kind: "copy-repository"; readonly repository: string }
  | { readonly kind: "reconcile"; readonly comparison?: string }
  | { readonly kind: "plan"; readonly repository?: string }
  | {
      readonly kind: "verify";
      readonly repository?: string;
      readonly samplePercent?: number;
      readonly repair?: boolean;
    }
  | { readonly kind: "prune"; readonly dryRun?: boolean };

/** A run that has ended. Times are epoch milliseconds. */
export interface JobRun {
  readonly id: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attempts: number;
  readonly outcome: { readonly kind: string; readonly result?: string; readonly reason?: string };
}

/** The run under way, and those that have ended, the newest first. */
export interface JobRuns {
  readonly running?: { readonly startedAt: number; readonly isCancelled: boolean };
  readonly history: readonly JobRun[];
}

export interface ListedJob {
  readonly job: Job;
  /** Undefined: they were not read. */
  readonly runs: JobRuns | undefined;
}

/** The jobs of a stack. `off`: it has none, and why. */
export type Jobs =
  | { readonly kind: "off"; readonly why: string }
  | { readonly kind: "on"; readonly jobs: readonly ListedJob[] };

/** Jobs whose runs are read with the list: each one is a request, and the API answers 50 of them a second. */
const MOST_READ = 40;
const NOT_FOUND = 404;

export const runsPath = (name: string): string => `api/jobs/${encodeURIComponent(name)}/history`;

/** Reads all jobs, and the runs of the first ones. @throws {ApiFailure} */
export async function readJobs(path: string, signal: AbortSignal): Promise<Jobs> {
  try {
    const listed = await get<readonly { readonly job: Job }[]>(path, signal);
    const jobs: ListedJob[] = [];
    // One after the other: a list of jobs is no reason to keep the API busy.
    for (const { job } of listed) {
      const runs = jobs.length < MOST_READ ? await get<JobRuns>(runsPath(job.name), signal) : undefined;
      jobs.push({ job, runs });
    }
    return { kind: "on", jobs };
  } catch (error) {
    if (error instanceof ApiFailure && error.status === NOT_FOUND) return { kind: "off", why: error.message };
    throw error;
  }
}

/** What a job does. */
export function describeTask(task: Task): string {
  switch (task.kind) {
    case "copy-tag":
      return `copies ${task.repository}:${task.tag}${task.destination === undefined ? "" : ` to ${task.destination}`}`;
    case "copy-repository":
      return `compares ${task.repository}, and copies what differs`;
    case "plan":
      return `plans ${task.repository ?? "all repositories"}`;
    case "verify":
      return describeVerification(task);
    case "prune":
      return task.dryRun === true
        ? "says which records nothing uses any more"
        : "removes records that nothing uses any more";
    case "reconcile":
      return `starts ${task.comparison === undefined ? "the regular comparison" : `the comparison ${task.comparison}`}`;
  }
}

function describeVerification({ repository, samplePercent, repair }: Extract<Task, { kind: "verify" }>): string {
  const sample = samplePercent === undefined ? "" : `, a sample of ${samplePercent} %`;
  return `verifies ${repository ?? "all repositories"}${sample}${repair === true ? ", and repairs" : ""}`;
}

/** When a job runs. */
export function describeSchedule({ schedule, enabled }: Pick<Job, "schedule" | "enabled">): string {
  if (schedule === undefined) return "on demand";
  return enabled ? `${schedule}, UTC` : `${schedule}, switched off`;
}
