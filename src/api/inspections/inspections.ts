import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import type { InspectionRecord } from "../../inspection/runs/inspection-record.ts";
import type { JobTask } from "../../replication/jobs/job.ts";
import type { Api } from "../protocol/api-environment.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { ApiError, problems } from "../protocol/problem.ts";
import { underWayOf } from "./inspection.ts";
import { finishedPlanOf, Plan } from "./plan.ts";
import { finishedVerificationOf, Verification } from "./verification.ts";

const query = z.object({
  job: z.string().max(64).optional().openapi({ description: "Only of this job; without it, the newest of all." }),
});

const readPlan = createRoute({
  method: "get",
  path: "/api/plan",
  summary: "What the newest plan of a job has found, and how far those under way are",
  request: { query },
  responses: { 200: jsonBody("The plan.", Plan), ...problems(404) },
});

const readVerification = createRoute({
  method: "get",
  path: "/api/verification",
  summary: "What the newest verification of a job has found, and how far those under way are",
  request: { query },
  responses: { 200: jsonBody("The verification.", Verification), ...problems(404) },
});

type Ports = Pick<ApiPorts, "jobs" | "operations" | "configuration" | "now">;

/** What jobs have found at both ends. */
export function addInspectionRoutes(api: Api, ports: Ports): void {
  api.openapi(readPlan, async (context) => {
    const found = await inspectionsOf("plan", context.req.valid("query").job, ports);
    // A command without the file of the configuration shows the plan all the same.
    const inForce = await ports.configuration().then(
      ({ version }) => version,
      () => undefined,
    );
    const of = ({ job, finished }: Finished) => finishedPlanOf(job, finished, inForce);
    return context.json(answerOf(found, of, ports.now()), 200);
  });
  api.openapi(readVerification, async (context) => {
    const found = await inspectionsOf("verify", context.req.valid("query").job, ports);
    const of = ({ job, finished }: Finished) => finishedVerificationOf(job, finished);
    return context.json(answerOf(found, of, ports.now()), 200);
  });
}

interface Found extends InspectionRecord {
  readonly job: string;
}
interface Finished {
  readonly job: string;
  readonly finished: NonNullable<InspectionRecord["finished"]>;
}

/** The records of the jobs with this task. @throws {ApiError} 404 when there are no jobs, or not this one. */
async function inspectionsOf(
  kind: JobTask["kind"],
  only: string | undefined,
  { jobs: open, operations: { signal } }: Ports,
): Promise<readonly Found[]> {
  const jobs = await open();
  if (jobs === undefined) throw new ApiError(404, 'the stack has no jobs; set "stack.jobs" and deploy it');
  const all = (await jobs.book.list(signal)).map(({ job }) => job).filter(({ task }) => task.kind === kind);
  const asked = only === undefined ? all : all.filter(({ name }) => name === only);
  if (only !== undefined && asked.length === 0)
    throw new ApiError(
      404,
      `there is no job ${only} with the task ${kind}; list the jobs with freightliner jobs list or GET /api/jobs`,
    );
  return Promise.all(asked.map(async ({ name }) => ({ job: name, ...(await jobs.inspections(name)) })));
}

/** The newest result, and what is under way. */
function answerOf<Result extends object>(
  found: readonly Found[],
  of: (finished: Finished) => Result | undefined,
  now: number,
) {
  const finished = found
    .flatMap(({ job, finished: each }) => (each === undefined ? [] : [{ job, finished: each }]))
    .toSorted((a, b) => b.finished.finishedAt - a.finished.finishedAt);
  const running = found.flatMap(({ job, running: each }) => (each === undefined ? [] : [underWayOf(job, each, now)]));
  // A job whose task was changed may have a result of another kind.
  const newest = finished.map(of).find((each) => each !== undefined);
  return { ...(newest === undefined ? {} : { finished: newest }), running };
}
