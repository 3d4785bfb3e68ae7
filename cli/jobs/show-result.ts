import type { FinishedPlan } from "../../src/api/inspections/plan.ts";
import { Plan } from "../../src/api/inspections/plan.ts";
import type { UnderWay } from "../../src/api/inspections/inspection.ts";
import type { FinishedVerification } from "../../src/api/inspections/verification.ts";
import { Verification } from "../../src/api/inspections/verification.ts";
import { VersionedJob } from "../../src/replication/jobs/job-book.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { read } from "../api/stack-api.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { UsageError } from "../errors/usage-error.ts";
import { describeSkip } from "../plan/report/skip-reasons.ts";
import { counted, formatBytes, formatDuration } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { pathOf } from "./show-jobs.ts";

/** Runs `freightliner jobs result`: what the newest plan or verification of a job has found. @throws {UsageError} for a job with another task. */
export async function showResult(
  job: string,
  given: RawApiOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const { task } = (await read(api, { path: pathOf(job) }, VersionedJob)).job;
  if (task.kind !== "plan" && task.kind !== "verify")
    throw new UsageError(`${job} neither plans nor verifies; jobs history ${job} says how its runs ended`);
  const asked = { path: task.kind === "plan" ? "/api/plan" : "/api/verification", query: { job } };
  if (task.kind === "plan") {
    const found = await read(api, asked, Plan);
    if (json) out.json(found);
    else out.lines([...describeUnderWay(found.running), ...describe(found.finished, describePlan)]);
    return ExitCode.ok;
  }
  const found = await read(api, asked, Verification);
  if (json) out.json(found);
  else out.lines([...describeUnderWay(found.running), ...describe(found.finished, describeVerification)]);
  return ExitCode.ok;
}

function describeUnderWay(running: readonly UnderWay[]): string[] {
  return running.map(({ startedAt, repositories: { done, total } }) => {
    const all = total === undefined ? "" : ` of ${total}`;
    return `under way since ${new Date(startedAt).toISOString()}: ${done}${all} repositories are done`;
  });
}

type Finished = FinishedPlan | FinishedVerification;

function describe<Result extends Finished>(result: Result | undefined, of: (result: Result) => string[]): string[] {
  if (result === undefined) return ["there is no result yet"];
  const { finishedAt, startedAt, configuration, interruptions, repositories, failed } = result;
  const cut = interruptions === 0 ? "" : `, interrupted ${counted(interruptions, "time")}`;
  const size = repositories === 1 ? "1 repository" : `${repositories} repositories`;
  return [
    `${new Date(finishedAt).toISOString()}: ${size} in ${formatDuration(finishedAt - startedAt)}, by configuration ${configuration}${cut}`,
    ...of(result),
    ...failed.samples.map(({ name, problem }) => `  ${name} could not be compared: ${problem}`),
    ...(failed.count > failed.samples.length ? [`  and ${failed.count - failed.samples.length} more`] : []),
  ];
}

const VERBS = {
  put: "copy",
  overwrite: "replace",
  merge: "merge",
  rename: "rename",
  keep: "content",
  delete: "delete",
} as const;

function describePlan({ destinations }: FinishedPlan): string[] {
  return destinations.flatMap(({ destination, totals, equal, changes, left, cost: { seconds, dollars } }) => [
    `${destination}: ${totals.copies} to copy, ${totals.deletes} to delete, ${equal} equal`,
    ...changes.map(
      ({ how, images, rule, bytes }) => `  ${VERBS[how].padEnd(8)}${images} by "${rule}", ${formatBytes(bytes)}`,
    ),
    ...left.map(describeLeft),
    ...(totals.copies === 0
      ? []
      : [
          `  sends ${formatBytes(totals.bytes)} in ${counted(totals.blobs, "blob")}, in at least ${formatDuration(seconds * 1_000)}, for $${dollars.toFixed(2)}`,
        ]),
  ]);
}

function describeVerification({ destinations }: FinishedVerification): string[] {
  return destinations.flatMap(({ destination, tags, faults, left, requested }) => [
    `${destination}: ${tags.equal} equal, ${tags.differ} with faults${others(tags)}`,
    ...faults.flatMap(({ kind, side, count, samples }) => [
      `  ${kind.padEnd(8)}${count}${side === undefined ? "" : " at the source"}`,
      ...samples.map(({ image, name, problem }) => `          ${image}: ${name} ${problem}`),
    ]),
    ...left.map(describeLeft),
    ...(requested === 0 ? [] : [`  requested ${requested} ${requested === 1 ? "copy" : "copies"}`]),
  ]);
}

function others({ unknown, notSampled, moved }: FinishedVerification["destinations"][number]["tags"]): string {
  const parts = [
    [unknown, "not known"],
    [notSampled, "not in the sample"],
    [moved, "changed meanwhile"],
  ] as const;
  return parts.map(([count, what]) => (count === 0 ? "" : `, ${count} ${what}`)).join("");
}

function describeLeft({ rule, reason, images, samples }: FinishedPlan["destinations"][number]["left"][number]): string {
  const names = samples.length === 0 ? "" : `: ${samples.join(", ")}${images > samples.length ? ", ..." : ""}`;
  return `  leave   ${images}: ${describeSkip({ rule, reason })}${names}`;
}
