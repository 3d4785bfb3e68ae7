import * as z from "zod";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import type { JobTask } from "../../src/replication/jobs/job.ts";
import { COPY_REQUEST_VERSION } from "../../src/replication/planning/copy-request.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";
import { describePruned, pruneRecords } from "../../src/replication/prune/prune-records.ts";
import type { PrunableRecords } from "../../src/replication/prune/prune-records.ts";
import { evaluateRules } from "../../src/replication/rules/evaluate-rules.ts";

/** The job cannot succeed unless the job or the configuration changes. */
export class JobRefusedError extends Error {
  override readonly name = "JobRefusedError";
}

/** A comparison did not get through; another attempt may. */
export class ComparisonError extends Error {
  override readonly name = "ComparisonError";
}

export interface TaskPorts {
  readonly configuration: Pick<Configuration, "rules" | "destinations" | "reconcile">;
  /** Destinations that were deployed. */
  readonly deployed: readonly string[];
  /** Names of all jobs. */
  readonly jobs: (signal: AbortSignal) => Promise<readonly string[]>;
  readonly records: PrunableRecords;
  /** Correlation id of the requests. */
  readonly id: string;
  /** Queues requests of low priority. @throws when one of them is not queued. */
  readonly send: (requests: readonly CopyRequest[], signal: AbortSignal) => Promise<void>;
  /** Invokes the reconcile function, and answers with its report. */
  readonly compare: (event: object, signal: AbortSignal) => Promise<unknown>;
  /** Invokes the inspect function, and answers with its report. */
  readonly inspect: (event: object, signal: AbortSignal) => Promise<unknown>;
  /** What names the run. */
  readonly job: string;
  readonly run: string;
  /** When the run has to be over; epoch milliseconds. */
  readonly until: number;
  readonly now: () => number;
}

/** Does a task once. @returns what it did. @throws {JobRefusedError} and {ComparisonError} */
export function runTask(task: JobTask, ports: TaskPorts, signal: AbortSignal): Promise<string> {
  switch (task.kind) {
    case "copy-tag":
      return requestTag(task, ports, signal);
    case "copy-repository":
      return compareRepository(task.repository, ports, signal);
    case "reconcile":
      return compareAll(task.comparison, ports, signal);
    case "plan":
    case "verify":
      return inspectBoth(task, ports, signal);
    case "prune":
      return prune(task.dryRun ?? false, ports, signal);
  }
}

/** Requests a copy where a rule may select the tag. The copy decides the rest, as for a push. */
async function requestTag(
  { repository, tag, destination: only }: Extract<JobTask, { kind: "copy-tag" }>,
  { configuration: { rules, destinations }, id, send, now }: TaskPorts,
  signal: AbortSignal,
): Promise<string> {
  if (only !== undefined && !destinations.some(({ name }) => name === only))
    throw new JobRefusedError(`the configuration has no destination ${only}`);
  const decisions = evaluateRules(rules, { repository, reference: tag, now: now() });
  const requests = [...decisions]
    .filter(([destination, { kind }]) => kind !== "not-selected" && (only === undefined || destination === only))
    .map(
      ([destination]) =>
        ({
          version: COPY_REQUEST_VERSION,
          id,
          destination,
          repository,
          reference: tag,
          pushedAt: 0,
          askedAt: now(),
        }) as const,
    );
  if (requests.length === 0) throw new JobRefusedError(`no rule selects ${repository}:${tag}`);
  await send(requests, signal);
  return `requested ${repository}:${tag} for ${requests.map(({ destination }) => destination).join(", ")}`;
}

/** The part of a report of the reconcile function that is told. */
const Report = z.object({
  outcome: z.enum(["rest", "partial", "finished"]),
  repositories: z.int(),
  asked: z.int(),
  unavailable: z.array(z.string()),
});

async function compareRepository(repository: string, { compare }: TaskPorts, signal: AbortSignal): Promise<string> {
  const report = Report.parse(await compare({ job: { repository } }, signal));
  if (report.outcome !== "finished" || report.repositories === 0) {
    const unavailable = report.unavailable.length === 0 ? "" : ` (unavailable: ${report.unavailable.join(", ")})`;
    throw new ComparisonError(
      `${repository} was not compared${unavailable}; check that a rule selects it, that the source has it, that no operator has paused it, and the log of the reconcile function`,
    );
  }
  return describe(report);
}

async function compareAll(
  comparison: string | undefined,
  { configuration: { reconcile }, compare }: TaskPorts,
  signal: AbortSignal,
): Promise<string> {
  if (comparison !== undefined && !reconcile.schedules.some(({ name }) => name === comparison))
    throw new JobRefusedError(`the configuration has no comparison ${comparison}`);
  const event = comparison === undefined ? { job: {} } : { schedule: comparison };
  const report = Report.parse(await compare(event, signal));
  if (report.outcome === "rest") return "another invocation compares already";
  return report.outcome === "partial" ? `${describe(report)}; the next minutes continue it` : describe(report);
}

async function prune(
  dryRun: boolean,
  { configuration: { destinations, reconcile }, deployed, jobs, records, now }: TaskPorts,
  signal: AbortSignal,
): Promise<string> {
  const inUse = {
    destinations: new Set([...destinations.map(({ name }) => name), ...deployed]),
    comparisons: new Set(reconcile.schedules.map(({ name }) => name)),
    jobs: new Set(await jobs(signal)),
    now: now(),
  };
  return describePruned(await pruneRecords(records, inUse, { dryRun }, signal), dryRun);
}

/** What the inspect function reports. */
const InspectionReport = z.object({
  end: z.enum(["finished", "partial", "busy", "cancelled", "failed"]),
  done: z.int(),
  total: z.int(),
  result: z.string(),
});

/** Time that the end of an inspection takes to arrive, in milliseconds. */
const ARRIVAL_MS = 3_000;

async function inspectBoth(
  task: Extract<JobTask, { kind: "plan" | "verify" }>,
  { inspect, job, run, until }: TaskPorts,
  signal: AbortSignal,
): Promise<string> {
  const call = { inspection: { job, run, task, until: until - ARRIVAL_MS } };
  const { end, done, total, result } = InspectionReport.parse(await inspect(call, signal));
  if (end === "finished") return result;
  if (end === "partial") return `${done} of ${total} repositories are done; the next minutes continue it`;
  if (end === "busy") return "another invocation is at it already";
  throw new ComparisonError(`the ${task.kind} did not get through; see the log of the inspect function`);
}

function describe({ repositories, asked }: z.infer<typeof Report>): string {
  return `compared ${repositories} ${repositories === 1 ? "repository" : "repositories"}, requested ${asked} ${asked === 1 ? "copy" : "copies"}`;
}
