import * as z from "zod";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import type { Clock } from "../../src/async/clock.ts";
import type { PlanContext } from "../../src/inspection/plan/plan-context.ts";
import type { InspectionRecord, RunningInspection, Step, Wanted } from "../../src/inspection/runs/inspection-record.ts";
import { describeResult } from "../../src/inspection/runs/describe-result.ts";
import { planSteps } from "../../src/inspection/runs/plan-steps.ts";
import { runInspection } from "../../src/inspection/runs/run-inspection.ts";
import type { InspectionEnd } from "../../src/inspection/runs/run-inspection.ts";
import { verificationSteps } from "../../src/inspection/runs/verification-steps.ts";
import type { VerificationScope } from "../../src/inspection/runs/verification-steps.ts";
import { JobTask } from "../../src/replication/jobs/job.ts";
import type { JobBook } from "../../src/replication/jobs/job-book.ts";
import type { RecordStore } from "../../src/replication/state/record-store.ts";

export interface InspectDependencies extends Pick<VerificationScope, "send"> {
  readonly context: PlanContext;
  readonly inspections: RecordStore<InspectionRecord>;
  readonly book: Pick<JobBook, "list">;
  readonly clock: Clock;
  /** Unique to the invocation. */
  readonly newOwner: () => string;
  readonly timeout: (ms: number) => AbortSignal;
  readonly observer: Observer;
}

/** By the jobs function: begin or continue the inspection of a job. By the schedule, without it: continue whatever is not over. */
const InspectCall = z.object({
  inspection: z.object({ job: z.string(), run: z.string(), task: JobTask, until: z.number() }).optional(),
});

/** What one invocation did for a job. */
export interface InspectReport {
  readonly job: string;
  readonly end: Exclude<InspectionEnd["kind"], "rest">;
  readonly done: number;
  readonly total: number;
  /** What was found, in a few words. */
  readonly result: string;
}

/** Time reserved to record what was found, in milliseconds. */
const RESERVE_MS = 10_000;

/** Plans and verifies for jobs, in steps. Reads both ends; the only thing that it can cause there is a copy, by a request. */
export function createHandler(dependencies: InspectDependencies) {
  const { timeout, clock, context } = dependencies;
  return async (event: unknown, remainingMs: number): Promise<readonly InspectReport[] | InspectReport> => {
    const ending = timeout(Math.max(remainingMs, 0));
    const usableMs = Math.max(remainingMs - RESERVE_MS, 0);
    const { inspection } = InspectCall.parse(event);
    const configuration = context.configuration.version;
    if (inspection === undefined) return continueAll({ ...dependencies, ending }, timeout(usableMs));
    const { job, run, task, until } = inspection;
    const signal = timeout(Math.max(Math.min(usableMs, until - clock.now()), 0));
    const wanted = { run, task: JSON.stringify(task), configuration };
    return reportOf(job, await inspect(job, wanted, { ...dependencies, ending }, signal), dependencies);
  };
}

interface Inspecting extends InspectDependencies {
  readonly ending: AbortSignal;
}

/** Continues what earlier invocations have left, one job after the other; one that fails does not hold up the others. @throws the first failure. */
async function continueAll(dependencies: Inspecting, signal: AbortSignal): Promise<readonly InspectReport[]> {
  const { book, inspections, context, observer } = dependencies;
  const configuration = context.configuration.version;
  const reports: InspectReport[] = [];
  const failures: unknown[] = [];
  for (const { job } of await book.list(signal)) {
    const isInspection = job.task.kind === "plan" || job.task.kind === "verify";
    if (!isInspection || signal.aborted) continue;
    try {
      if ((await inspections.read(job.name, signal))?.running === undefined) continue;
      const end = await inspect(job.name, { configuration }, dependencies, signal);
      if (end.kind !== "rest") reports.push(reportOf(job.name, end, dependencies));
    } catch (error) {
      failures.push(error);
      const problem = "Inspection failed; the next minute tries it again";
      observer.error(problem, { job: job.name, error: describeError(error) });
    }
  }
  if (failures.length > 0) throw failures[0];
  return reports;
}

function inspect(
  job: string,
  wanted: Wanted | { readonly configuration: string },
  dependencies: Inspecting,
  signal: AbortSignal,
): Promise<InspectionEnd> {
  const { inspections, clock, newOwner, ending } = dependencies;
  const steps = (inspection: RunningInspection, working: AbortSignal): AsyncIterable<Step> =>
    stepsOf(inspection, dependencies, working);
  return runInspection({ job, wanted, steps }, { inspections, clock, owner: newOwner(), ending }, signal);
}

/** The task is that of the inspection, which may have begun before the job was changed. */
function stepsOf(
  inspection: RunningInspection,
  { context, send }: InspectDependencies,
  signal: AbortSignal,
): AsyncIterable<Step> {
  const task = JobTask.parse(JSON.parse(inspection.task));
  const describe = describeError;
  if (task.kind === "plan") return planSteps(inspection, { ...task, describe }, context, signal);
  if (task.kind === "verify") return verificationSteps(inspection, { ...task, send, describe }, context, signal);
  throw new Error(`the task ${task.kind} inspects nothing`);
}

function reportOf(job: string, end: InspectionEnd, { observer }: Pick<InspectDependencies, "observer">): InspectReport {
  const kind = end.kind === "rest" ? "busy" : end.kind;
  if (!("inspection" in end)) {
    if (kind === "given-up")
      observer.error(
        "Inspection given up: its steps have failed for half an hour; see the log, and run the job again",
        { job },
      );
    else observer.info("Inspection ended", { job, end: kind });
    return { job, end: kind, done: 0, total: 0, result: "" };
  }
  const { done, total = 0, result: found } = end.inspection;
  const result = found === undefined ? "" : describeResult(found, done);
  observer.info("Inspection ended", { job, end: kind, done, total, result });
  return { job, end: kind, done, total, result };
}
