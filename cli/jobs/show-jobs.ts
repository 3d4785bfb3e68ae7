import * as z from "zod";
import { JobRunsRecord } from "../../src/replication/jobs/job-runs.ts";
import type { JobRun } from "../../src/replication/jobs/job-runs.ts";
import type { Job, JobTask } from "../../src/replication/jobs/job.ts";
import { VersionedJob } from "../../src/replication/jobs/job-book.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { read } from "../api/stack-api.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { formatDuration } from "../terminal/format.ts";
import { createTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Runs `freightliner jobs list`. */
export async function listJobs(given: RawApiOptions, { out, json }: Terminal, signal: AbortSignal): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const all = await read(api, { path: "/api/jobs" }, z.array(VersionedJob));
  if (json) for (const each of all) out.json(each);
  else out.lines(describeJobs(all));
  return ExitCode.ok;
}

/** Runs `freightliner jobs show`. */
export async function showJob(
  name: string,
  given: RawApiOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const known = await read(api, { path: pathOf(name) }, VersionedJob);
  const { running } = await read(api, { path: `${pathOf(name)}/history` }, JobRunsRecord);
  if (json) out.json({ ...known, running });
  else out.lines([...describeJob(known), ...(running === undefined ? [] : [`running since ${at(running.startedAt)}`])]);
  return ExitCode.ok;
}

/** Runs `freightliner jobs history`. */
export async function showHistory(
  name: string,
  given: RawApiOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const { history } = await read(api, { path: `${pathOf(name)}/history` }, JobRunsRecord);
  if (json) for (const each of history) out.json(each);
  else out.lines(describeHistory(history));
  return ExitCode.ok;
}

/** The path of a job in the API. */
export function pathOf(name: string): string {
  return `/api/jobs/${encodeURIComponent(name)}`;
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
    case "plan":
      return `plan ${task.repository ?? "all repositories"}`;
    case "verify":
      return describeVerification(task);
    case "prune":
      return task.dryRun === true
        ? "list records that nothing uses any more"
        : "remove records that nothing uses any more";
    case "reconcile":
      return task.comparison === undefined ? "the regular comparison" : `the comparison ${task.comparison}`;
  }
}

function describeVerification({ repository, samplePercent, repair }: Extract<JobTask, { kind: "verify" }>): string {
  const sample = samplePercent === undefined ? "" : `, a sample of ${samplePercent} %`;
  return `verify ${repository ?? "all repositories"}${sample}${repair === true ? ", and repair" : ""}`;
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
