import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import { Job } from "../../replication/jobs/job.ts";
import { MAX_JOBS, VersionedJob } from "../../replication/jobs/job-book.ts";
import { JobRunsRecord } from "../../replication/jobs/job-runs.ts";
import type { Jobs } from "../../wiring/operations/open-jobs.ts";
import type { Api } from "../protocol/api-environment.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { ApiError, problems } from "../protocol/problem.ts";

const params = z.object({ name: z.string().max(64) });
const bodyOf = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true,
  content: { "application/json": { schema } },
});

const list = createRoute({
  method: "get",
  path: "/api/jobs",
  summary: "All jobs, by name",
  responses: { 200: jsonBody("The jobs.", z.array(VersionedJob)), ...problems(404) },
});

const add = createRoute({
  method: "post",
  path: "/api/jobs",
  summary: "Adds a job, for operators",
  request: { body: bodyOf(Job) },
  responses: { 201: jsonBody("It was added.", VersionedJob), ...problems(404, 409, 413, 415) },
});

const read = createRoute({
  method: "get",
  path: "/api/jobs/{name}",
  summary: "One job, and its version",
  request: { params },
  responses: { 200: jsonBody("The job.", VersionedJob), ...problems(404) },
});

const replace = createRoute({
  method: "put",
  path: "/api/jobs/{name}",
  summary: "Replaces a job as a whole, for operators",
  description: "With `version`, only if that is still the version of the job. When it fails, the job stays as it was.",
  request: {
    params,
    query: z.object({ version: z.coerce.number().int().positive().optional() }),
    body: bodyOf(Job.omit({ name: true })),
  },
  responses: { 200: jsonBody("The new job.", VersionedJob), ...problems(404, 409, 413, 415) },
});

const remove = createRoute({
  method: "delete",
  path: "/api/jobs/{name}",
  summary: "Removes a job, for operators",
  request: { params, body: bodyOf(z.object({})) },
  responses: { 200: jsonBody("It was removed.", z.object({ removed: z.string() })), ...problems(404, 413, 415) },
});

const run = createRoute({
  method: "post",
  path: "/api/jobs/{name}/run",
  summary: "Starts a run of a job, for operators",
  request: { params, body: bodyOf(z.object({})) },
  responses: { 202: jsonBody("It begins.", z.object({ run: z.string() })), ...problems(404, 413, 415) },
});

const cancel = createRoute({
  method: "post",
  path: "/api/jobs/{name}/cancel",
  summary: "Asks the run of a job that is under way to end, for operators",
  request: { params, body: bodyOf(z.object({})) },
  responses: { 202: jsonBody("It ends.", z.object({ cancelled: z.string() })), ...problems(404, 409, 413, 415) },
});

const history = createRoute({
  method: "get",
  path: "/api/jobs/{name}/history",
  summary: "The run of a job that is under way, and those that have ended, the newest first",
  request: { params },
  responses: { 200: jsonBody("Its runs.", JobRunsRecord), ...problems(404) },
});

type Ports = Pick<ApiPorts, "jobs" | "operations">;

/** The jobs of a stack. */
export function addJobRoutes(api: Api, ports: Ports): void {
  addBookRoutes(api, ports);
  addRunRoutes(api, ports);
}

/** @throws {ApiError} 404 */
async function opened({ jobs: open }: Pick<Ports, "jobs">): Promise<Jobs> {
  const jobs = await open();
  if (jobs === undefined) throw new ApiError(404, 'the stack has no jobs; set "stack.jobs" and deploy it');
  return jobs;
}

/** @throws {ApiError} 404 */
async function existing(name: string, ports: Ports): Promise<VersionedJob> {
  const found = await (await opened(ports)).book.get(name, ports.operations.signal);
  if (found === undefined) throw unknown(name);
  return found;
}

const unknown = (name: string): ApiError =>
  new ApiError(404, `there is no job ${name}; list the jobs with freightliner jobs list or GET /api/jobs`);

function addBookRoutes(api: Api, ports: Ports): void {
  const { signal } = ports.operations;
  api.openapi(list, async (context) => context.json([...(await (await opened(ports)).book.list(signal))], 200));
  api.openapi(read, async (context) => context.json(await existing(context.req.valid("param").name, ports), 200));
  api.openapi(add, async (context) => {
    const job = context.req.valid("json");
    const added = await (await opened(ports)).book.add(job, signal);
    if (added.kind === "added") return context.json({ version: added.version, job }, 201);
    throw new ApiError(
      409,
      added.kind === "exists"
        ? `there is a job ${job.name} already; update it instead`
        : `a stack has ${MAX_JOBS} jobs at most; remove one first`,
    );
  });
  api.openapi(replace, async (context) => {
    const { name } = context.req.valid("param");
    const job = { ...context.req.valid("json"), name };
    const updated = await (await opened(ports)).book.update(job, context.req.valid("query").version, signal);
    if (updated.kind === "unknown") throw unknown(name);
    if (updated.kind === "changed")
      throw new ApiError(409, `the job ${name} has version ${updated.version} now; read it, and change it again`);
    return context.json({ version: updated.version, job }, 200);
  });
  api.openapi(remove, async (context) => {
    const { name } = context.req.valid("param");
    if ((await (await opened(ports)).book.remove(name, signal)).kind === "unknown") throw unknown(name);
    return context.json({ removed: name }, 200);
  });
}

function addRunRoutes(api: Api, ports: Ports): void {
  api.openapi(run, async (context) => {
    const { name } = context.req.valid("param");
    await existing(name, ports);
    const { requestId } = context.var.caller;
    await (await opened(ports)).start(name, requestId);
    return context.json({ run: requestId }, 202);
  });
  api.openapi(cancel, async (context) => {
    const { name } = context.req.valid("param");
    await existing(name, ports);
    if ((await (await opened(ports)).cancel(name)) === "not-running")
      throw new ApiError(409, `no run of ${name} is under way`);
    return context.json({ cancelled: name }, 202);
  });
  api.openapi(history, async (context) => {
    const { name } = context.req.valid("param");
    const runs = await (await opened(ports)).runs(name);
    // The history of a job outlives it.
    if (runs.history.length === 0) await existing(name, ports);
    return context.json(runs, 200);
  });
}
