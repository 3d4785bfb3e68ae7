import * as z from "zod";
import { plainIssue } from "../../src/oci/json/plain-issue.ts";
import { MAX_JOBS } from "../../src/replication/jobs/job-book.ts";
import { RunOutcome } from "../../src/replication/jobs/job-runs.ts";
import { Job } from "../../src/replication/jobs/job.ts";
import { openJobs } from "../../src/wiring/operations/open-jobs.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import { UsageError } from "../errors/usage-error.ts";
import { parseStackOptions } from "../stack/stack-options.ts";
import type { RawStackOptions } from "../stack/stack-options.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { existing } from "./show-jobs.ts";

/** A job as the command line describes it. */
export interface GivenJob extends RawStackOptions {
  readonly name: string;
  readonly task: "copy-tag" | "copy-repository" | "reconcile";
  readonly repository?: string | undefined;
  readonly tag?: string | undefined;
  readonly destination?: string | undefined;
  readonly comparison?: string | undefined;
  readonly schedule?: string | undefined;
  readonly timeout: number;
  readonly retries: number;
  readonly disabled: boolean;
}

/** Runs `freightliner jobs add`. */
export async function addJob(given: GivenJob, { out, json }: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const job = jobOf(given);
  const { stack, access } = parseStackOptions(given);
  await using jobs = await openJobs(stack, access, signal);
  const added = await jobs.book.add(job, signal);
  switch (added.kind) {
    case "exists":
      throw new UsageError(`there is a job ${job.name} already; freightliner jobs update replaces it`);
    case "full":
      throw new UsageError(`a stack has ${MAX_JOBS} jobs at most; remove one first`);
    case "added":
      if (json) out.json({ version: added.version, job });
      else out.lines([`added ${job.name}`]);
      return ExitCode.ok;
  }
}

/** Runs `freightliner jobs update`: replaces the job as a whole. When that fails, the old job stays. */
export async function updateJob(given: GivenJob, { out, json }: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const job = jobOf(given);
  const { stack, access } = parseStackOptions(given);
  await using jobs = await openJobs(stack, access, signal);
  const { version } = await existing(job.name, jobs, signal);
  const updated = await jobs.book.update(job, version, signal);
  if (updated.kind === "unknown") throw new NotFoundError(`the job ${job.name} was removed meanwhile; add it`);
  if (updated.kind === "changed")
    throw new UsageError(`someone else has changed ${job.name} meanwhile; look at it, and update it again`);
  if (json) out.json({ version: updated.version, job });
  else out.lines([`updated ${job.name}`]);
  return ExitCode.ok;
}

/** Runs `freightliner jobs remove`. */
export async function removeJob(
  name: string,
  given: RawStackOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stack, access } = parseStackOptions(given);
  await using jobs = await openJobs(stack, access, signal);
  await existing(name, jobs, signal);
  await jobs.book.remove(name, signal);
  if (json) out.json({ removed: name });
  else out.lines([`removed ${name}`]);
  return ExitCode.ok;
}

/** The report of the jobs function. */
const Report = z.object({
  run: z.string(),
  outcome: z.union([RunOutcome, z.object({ kind: z.enum(["unknown", "disabled", "duplicate"]) })]),
});

/** Runs `freightliner jobs run`, and waits for the end of the run. */
export async function runJobNow(
  name: string,
  given: RawStackOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stack, access } = parseStackOptions(given);
  await using jobs = await openJobs(stack, access, signal);
  await existing(name, jobs, signal);
  const report = Report.parse(await jobs.run(name));
  const { outcome } = report;
  if (json) out.json(report);
  else if (outcome.kind === "succeeded") out.lines([`${name} succeeded: ${outcome.result}`]);
  else out.lines([`${name}: ${outcome.kind}${outcome.kind === "failed" ? `, ${outcome.reason}` : ""}`]);
  return outcome.kind === "succeeded" ? ExitCode.ok : ExitCode.failed;
}

/** Runs `freightliner jobs cancel`. The run ends at its next heartbeat. */
export async function cancelJob(
  name: string,
  given: RawStackOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stack, access } = parseStackOptions(given);
  await using jobs = await openJobs(stack, access, signal);
  const cancelled = await jobs.cancel(name);
  if (cancelled === "not-running") throw new NotFoundError(`no run of ${name} is under way`);
  if (json) out.json({ cancelled: name });
  else out.lines([`the run of ${name} ends within 15 seconds`]);
  return ExitCode.ok;
}

/** @throws {UsageError} that names the field. */
function jobOf({ name, task: kind, ...given }: GivenJob): Job {
  const { repository, tag, destination, comparison } = given;
  const parameters = Object.entries({ repository, tag, destination, comparison });
  const task = Object.fromEntries([["kind", kind], ...parameters.filter(([, value]) => value !== undefined)]);
  const schedule = given.schedule === undefined ? {} : { schedule: given.schedule };
  const { timeout: timeoutSeconds, retries, disabled } = given;
  const parsed = Job.safeParse({ name, task, ...schedule, timeoutSeconds, retries, enabled: !disabled });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UsageError(`${issue?.path.at(-1)?.toString() ?? "job"}: ${plainIssue(issue?.message ?? "is malformed")}`);
}
