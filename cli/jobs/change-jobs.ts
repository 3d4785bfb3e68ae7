import * as z from "zod";
import { setTimeout as sleep } from "node:timers/promises";
import { plainIssue } from "../../src/oci/json/plain-issue.ts";
import { VersionedJob } from "../../src/replication/jobs/job-book.ts";
import { JobRunsRecord } from "../../src/replication/jobs/job-runs.ts";
import type { JobRun } from "../../src/replication/jobs/job-runs.ts";
import { Job } from "../../src/replication/jobs/job.ts";
import type { JobTask } from "../../src/replication/jobs/job.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { change, isConflict, read } from "../api/stack-api.ts";
import type { StackApi } from "../api/stack-api.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import { UsageError } from "../errors/usage-error.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { pathOf } from "./show-jobs.ts";

/** A job as the command line describes it. */
export interface GivenJob extends RawApiOptions {
  readonly name: string;
  readonly task: JobTask["kind"];
  readonly repository?: string | undefined;
  readonly tag?: string | undefined;
  readonly destination?: string | undefined;
  readonly comparison?: string | undefined;
  readonly sample?: number | undefined;
  readonly repair: boolean;
  readonly dryRun: boolean;
  readonly schedule?: string | undefined;
  readonly timeout: number;
  readonly retries: number;
  readonly disabled: boolean;
}

/** Runs `freightliner jobs add`. */
export async function addJob(given: GivenJob, { out, json }: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const job = jobOf(given);
  await using api = await openStackApi(given, signal);
  const added = await change(api, { method: "POST", path: "/api/jobs", body: job }, VersionedJob);
  if (json) out.json(added);
  else out.lines([`added ${job.name}`]);
  return ExitCode.ok;
}

/** Runs `freightliner jobs update`: replaces the job as a whole. When that fails, the old job stays. */
export async function updateJob(given: GivenJob, { out, json }: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const { name, ...body } = jobOf(given);
  await using api = await openStackApi(given, signal);
  const { version } = await read(api, { path: pathOf(name) }, VersionedJob);
  const query = { version: String(version) };
  const updated = await change(api, { method: "PUT", path: pathOf(name), query, body }, VersionedJob);
  if (json) out.json(updated);
  else out.lines([`updated ${name}`]);
  return ExitCode.ok;
}

/** Runs `freightliner jobs remove`. */
export async function removeJob(
  name: string,
  given: RawApiOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  await change(api, { method: "DELETE", path: pathOf(name) }, z.object({ removed: z.string() }));
  if (json) out.json({ removed: name });
  else out.lines([`removed ${name}`]);
  return ExitCode.ok;
}

/** Runs `freightliner jobs run`, and waits for the end of the run. */
export async function runJobNow(
  name: string,
  given: RawApiOptions,
  { out, json, details }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const { run } = await change(api, { method: "POST", path: `${pathOf(name)}/run` }, z.object({ run: z.string() }));
  details.lines([`run ${run} of ${name} begins`]);
  const { outcome } = await endOf(run, name, { api, signal });
  if (json) out.json({ run, outcome });
  else if (outcome.kind === "succeeded") out.lines([`${name} succeeded: ${outcome.result}`]);
  else out.lines([`${name}: ${outcome.kind}${outcome.kind === "failed" ? `, ${outcome.reason}` : ""}`]);
  return outcome.kind === "succeeded" ? ExitCode.ok : ExitCode.failed;
}

/** Between two looks at a run, in milliseconds. */
const LOOK_MS = 1_000;

/** Waits until the history has the run. An interruption of the command does not end the run. */
async function endOf(
  run: string,
  name: string,
  { api, signal }: { readonly api: StackApi; readonly signal: AbortSignal },
): Promise<JobRun> {
  for (;;) {
    const { history } = await read(api, { path: `${pathOf(name)}/history` }, JobRunsRecord);
    const ended = history.find(({ id }) => id === run);
    if (ended !== undefined) return ended;
    await sleep(LOOK_MS, undefined, { signal });
  }
}

/** Runs `freightliner jobs cancel`. The run ends at its next heartbeat. */
export async function cancelJob(
  name: string,
  given: RawApiOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const path = `${pathOf(name)}/cancel`;
  await change(api, { method: "POST", path }, z.object({ cancelled: z.string() })).catch((cause: unknown) => {
    throw isConflict(cause) ? new NotFoundError(`no run of ${name} is under way`, { cause }) : cause;
  });
  if (json) out.json({ cancelled: name });
  else out.lines([`the run of ${name} ends within 15 seconds`]);
  return ExitCode.ok;
}

/** @throws {UsageError} that names the field. */
function jobOf({ name, task: kind, ...given }: GivenJob): Job {
  const { repository, tag, destination, comparison, sample: samplePercent } = given;
  const [repair, dryRun] = [given.repair ? true : undefined, given.dryRun ? true : undefined];
  const parameters = Object.entries({ repository, tag, destination, comparison, samplePercent, repair, dryRun });
  const task = Object.fromEntries([["kind", kind], ...parameters.filter(([, value]) => value !== undefined)]);
  const schedule = given.schedule === undefined ? {} : { schedule: given.schedule };
  const { timeout: timeoutSeconds, retries, disabled } = given;
  const parsed = Job.safeParse({ name, task, ...schedule, timeoutSeconds, retries, enabled: !disabled });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UsageError(`${issue?.path.at(-1)?.toString() ?? "job"}: ${plainIssue(issue?.message ?? "is malformed")}`);
}
