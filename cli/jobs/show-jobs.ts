import type { JobRun } from "../../src/replication/jobs/job-runs.ts";
import type { Job } from "../../src/replication/jobs/job.ts";
import type { VersionedJob } from "../../src/replication/jobs/job-book.ts";
import { openJobs } from "../../src/wiring/operations/open-jobs.ts";
import type { Jobs } from "../../src/wiring/operations/open-jobs.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import { parseStackOptions } from "../stack/stack-options.ts";
import type { RawStackOptions } from "../stack/stack-options.ts";
import { formatDuration } from "../terminal/format.ts";
import { createTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Runs `freightliner jobs list`. */
export async function listJobs(
  given: RawStackOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stack, access } = parseStackOptions(given);
  await using jobs = await openJobs(stack, access, signal);
  const all = await jobs.book.list(signal);
  if (json) for (const each of all) out.json(each);
  else out.lines(describeJobs(all));
  return ExitCode.ok;
}

/** Runs `freightliner jobs show`. */
export async function showJob(
  name: string,
  given: RawStackOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stack, access } = parseStackOptions(given);
  await using jobs = await openJobs(stack, access, signal);
  const known = await existing(name, jobs, signal);
  const { running } = await jobs.runs(name);
  if (json) out.json({ ...known, running });
  else out.lines([...describeJob(known), ...(running === undefined ? [] : [`running since ${at(running.startedAt)}`])]);
  return ExitCode.ok;
}

/** Runs `freightliner jobs history`. */
export async function showHistory(
  name: string,
  given: RawStackOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stack, access } = parseStackOptions(given);
  await using jobs = await openJobs(stack, access, signal);
  const { history } = await jobs.runs(name);
  // The history of a job outlives it.
  if (history.length === 0) await existing(name, jobs, signal);
  if (json) for (const each of history) out.json(each);
  else out.lines(describeHistory(history));
  return ExitCode.ok;
}

/** @throws {NotFoundError} */
export async function existing(name: string, { book }: Jobs, signal: AbortSignal): Promise<VersionedJob> {
  const known = await book.get(name, signal);
  if (known === undefined) throw new NotFoundError(`there is no job ${name}; freightliner jobs list shows all`);
  return known;
}

export function describeJobs(jobs: readonly VersionedJob[]): string[] {
  if (jobs.length === 0) return ["there are no jobs"];
  const table = createTable(["job", "when", "what"]);
  for (const { job } of jobs) table.row([job.name, describeWhen(job), describeTask(job)]);
  return table.lines();
}

function describeJob({ version, job }: VersionedJob): string[] {
  return [
    `${job.name}: ${describeTask(job)}`,
    `${describeWhen(job)}; at most ${job.timeoutSeconds} s, ${job.retries} retries`,
    `version ${version}`,
  ];
}

function describeWhen({ schedule, enabled }: Job): string {
  if (schedule === undefined) return "on demand";
  return enabled ? schedule : `${schedule}, disabled`;
}

function describeTask({ task }: Job): string {
  switch (task.kind) {
    case "copy-tag":
      return `copy ${task.repository}:${task.tag} to ${task.destination ?? "all destinations"}`;
    case "copy-repository":
      return `copy what differs of ${task.repository}`;
    case "reconcile":
      return task.comparison === undefined ? "the regular comparison" : `the comparison ${task.comparison}`;
  }
}

export function describeHistory(history: readonly JobRun[]): string[] {
  if (history.length === 0) return ["it has not run yet"];
  return history.map(({ startedAt, endedAt, outcome }) => {
    const ended = `${at(startedAt)}  ${outcome.kind} after ${formatDuration(endedAt - startedAt)}`;
    if (outcome.kind === "succeeded") return `${ended}: ${outcome.result}`;
    return outcome.kind === "failed" ? `${ended}: ${outcome.reason}` : ended;
  });
}

function at(time: number): string {
  return new Date(time).toISOString();
}
