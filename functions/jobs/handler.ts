import * as z from "zod";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import type { JobBook } from "../../src/replication/jobs/job-book.ts";
import { runJob } from "../../src/replication/jobs/run-job.ts";
import type { RunPorts } from "../../src/replication/jobs/run-job.ts";
import type { RunOutcome } from "../../src/replication/jobs/job-runs.ts";
import { JobRefusedError, runTask } from "./run-task.ts";
import type { TaskPorts } from "./run-task.ts";

export interface JobsDependencies
  extends Omit<TaskPorts, "id" | "job" | "run" | "until">, Pick<RunPorts, "runs" | "clock" | "random"> {
  readonly book: Pick<JobBook, "get">;
  readonly observer: Observer;
  readonly timeout: (ms: number) => AbortSignal;
  readonly newId: () => string;
}

/** The input of an invocation: by a schedule, or by an operator, who may name the run. */
const JobCall = z.object({
  job: z.string(),
  run: z.string().min(1).max(128).optional(),
  isScheduled: z.boolean().default(false),
});

/** What one invocation did. `unknown`: there is no such job; `disabled`: its schedule starts nothing; `duplicate`: it had run before. */
export type JobReport =
  | { readonly run: string; readonly outcome: RunOutcome; readonly attempts: number; readonly seconds: number }
  | { readonly run: string; readonly outcome: { readonly kind: "unknown" | "disabled" | "duplicate" } };

/** Time reserved to record the end of a run, in milliseconds. */
const RESERVE_MS = 10_000;

/** Runs the job that the input names, as it is defined now: a schedule that an update has not reached yet carries only its name. */
export function createHandler(dependencies: JobsDependencies) {
  const { book, observer, clock, timeout, newId } = dependencies;
  return async (event: unknown, remainingMs: number): Promise<JobReport> => {
    const { job: name, run = newId(), isScheduled } = JobCall.parse(event);
    const signal = timeout(Math.max(remainingMs - RESERVE_MS, 0));
    const known = (await book.get(name, signal))?.job;
    if (known === undefined) return skipped({ job: name, run, why: "unknown" }, observer);
    if (isScheduled && (!known.enabled || known.schedule === undefined))
      return skipped({ job: name, run, why: "disabled" }, observer);
    const id = `job-${name}-${run}`.slice(0, 128);
    const limitMs = Math.min(known.timeoutSeconds * 1_000, Math.max(remainingMs - RESERVE_MS, 0));
    const about = { job: name, run, id, until: clock.now() + limitMs };
    const job = {
      ...known,
      run: (working: AbortSignal) => runTask(known.task, { ...dependencies, ...about }, working),
    };
    const ports = {
      ...dependencies,
      isTransient: (error: unknown) => !(error instanceof JobRefusedError),
      describe: describeError,
      ending: timeout(Math.max(remainingMs, 0)),
    };
    const ended = await runJob(job, run, ports, signal);
    if (ended.kind === "duplicate") return skipped({ job: name, run, why: "duplicate" }, observer);
    const { outcome, attempts, startedAt } = ended.run;
    const seconds = Math.round((clock.now() - startedAt) / 1_000);
    note({ job: name, run, attempts, seconds }, outcome, observer);
    return { run, outcome, attempts, seconds };
  };
}

function skipped(
  { job, run, why }: { readonly job: string; readonly run: string; readonly why: "unknown" | "disabled" | "duplicate" },
  observer: Observer,
): JobReport {
  observer.info("Job not run", { job, run, outcome: why });
  return { run, outcome: { kind: why } };
}

type Run = Readonly<Record<"job" | "run", string> & Record<"attempts" | "seconds", number>>;

function note(run: Run, outcome: RunOutcome, observer: Observer): void {
  const fields = { ...run, outcome: outcome.kind };
  if (outcome.kind === "succeeded") return observer.info("Job ended", { ...fields, result: outcome.result });
  if (outcome.kind === "cancelled") return observer.info("Job ended", fields);
  observer.count(Metric.jobsFailed, 1);
  observer.error("Job did not succeed", outcome.kind === "failed" ? { ...fields, reason: outcome.reason } : fields);
}
