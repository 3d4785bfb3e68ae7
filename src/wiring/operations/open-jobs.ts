import { LambdaClient } from "@aws-sdk/client-lambda";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { createAsynchronousInvocation } from "../../aws/asynchronous-invocation.ts";
import { clientLimits } from "../../aws/client/client-limits.ts";
import { createJobSchedules } from "../../aws/scheduler/job-schedules.ts";
import { JobsEnvironment } from "../../contract/stack/environment.ts";
import { cancelInspection } from "../../inspection/runs/inspection-record.ts";
import type { InspectionRecord } from "../../inspection/runs/inspection-record.ts";
import { cancelRun } from "../../replication/jobs/job-runs.ts";
import type { JobRunsRecord } from "../../replication/jobs/job-runs.ts";
import { inspectedJobs } from "../../inspection/runs/inspected-jobs.ts";
import { createJobBook } from "../../replication/jobs/job-book.ts";
import type { JobBook } from "../../replication/jobs/job-book.ts";
import { openJobStores } from "./job-stores.ts";
import { openDeployment } from "./open-deployment.ts";
import { StackUnavailableError, variablesOf } from "./open-operations.ts";
import type { CloudAccess } from "./open-operations.ts";
import type { Change } from "../../replication/state/record-store.ts";
import { openTableClient } from "./state-stores.ts";

/** What an operator does with the jobs of a stack. */
export interface Jobs extends AsyncDisposable {
  readonly book: JobBook;
  /** The run under way, and those that have ended. */
  readonly runs: (name: string) => Promise<JobRunsRecord>;
  /** Starts a run with this id, and does not wait for its end. */
  readonly start: (name: string, run: string) => Promise<void>;
  /** The newest plan or verification of a job, and the one under way. */
  readonly inspections: (name: string) => Promise<InspectionRecord>;
  /** Asks the run under way to end, or what continues after it. */
  readonly cancel: (name: string) => Promise<"cancelled" | "not-running">;
}

/** Opens the jobs of a stack. @throws {StackUnavailableError} when it has none. */
export async function openJobs(stack: string, access: CloudAccess, signal: AbortSignal): Promise<Jobs> {
  const lambda = new LambdaClient({ ...clientLimits(), ...access });
  try {
    return jobsOf(await variablesOf({ stack, name: "jobs" }, lambda, signal), access, signal);
  } catch (cause) {
    const problem = `${stack} has no jobs, or cannot be read; set "stack.jobs", check --stack and AWS_REGION`;
    throw cause instanceof StackUnavailableError ? new StackUnavailableError(problem, { cause }) : cause;
  } finally {
    lambda.destroy();
  }
}

/** The jobs of a stack whose jobs function has these variables. */
export function jobsOf(
  variables: Readonly<Record<string, string | undefined>>,
  access: CloudAccess,
  signal: AbortSignal,
): Jobs {
  const lambda = new LambdaClient({ ...clientLimits(), ...access });
  const environment = JobsEnvironment.parse(variables);
  const at = (service: string): CloudAccess => {
    const endpoint = access.endpoint === undefined ? undefined : variables[`AWS_ENDPOINT_URL_${service}`];
    return { ...access, ...(endpoint === undefined ? {} : { endpoint }) };
  };
  const table = openTableClient(at("DYNAMODB"));
  const scheduler = new SchedulerClient({ ...clientLimits(), ...at("SCHEDULER") });
  const { book, runs, inspections } = openJobStores(table, environment.FREIGHTLINER_TABLE);
  const { functionName } = openDeployment(environment);
  const jobs = createJobBook({ book, schedules: createJobSchedules(scheduler, environment.FREIGHTLINER_JOBS) });
  return {
    book: inspectedJobs(jobs, { inspections, now: Date.now }),
    runs: async (name) => (await runs.read(name, signal)) ?? { history: [] },
    start: (job, run) => createAsynchronousInvocation(lambda, functionName("jobs"))({ job, run }, signal),
    inspections: async (name) => (await inspections.read(name, signal)) ?? {},
    async cancel(name) {
      const ended = await runs.update(
        name,
        (record) => withRun(record, cancelRun(record, undefined, Date.now())),
        signal,
      );
      const run = ended.answer === "cancelled" ? ended.run : undefined;
      const rest = await inspections.update(name, (record) => cancelInspection(record, Date.now(), run), signal);
      return run === undefined ? rest : "cancelled";
    },
    [Symbol.asyncDispose]() {
      lambda.destroy();
      scheduler.destroy();
      table.destroy();
      return Promise.resolve();
    },
  };
}

/** The change of a record of runs, with the run that was under way. */
function withRun<Answer>(
  record: JobRunsRecord | undefined,
  { next, answer }: Change<JobRunsRecord, Answer>,
): Change<JobRunsRecord, { readonly run: string | undefined; readonly answer: Answer }> {
  return { ...(next === undefined ? {} : { next }), answer: { run: record?.running?.id, answer } };
}
