import { OpenAPIHono } from "@hono/zod-openapi";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { ScheduleError } from "../replication/jobs/job-book.ts";
import { StoreError } from "../replication/state/record-store.ts";
import type { Api, ApiEnvironment } from "./protocol/api-environment.ts";
import type { ApiPorts } from "./protocol/api-ports.ts";
import { audited } from "./guards/audit.ts";
import { rateLimited } from "./guards/rate-limit.ts";
import { guardedWrites, limitedBody } from "./guards/request-guard.ts";
import { allowedMethods } from "./methods.ts";
import { ApiError, problemOf } from "./protocol/problem.ts";
import { addChainRoutes } from "./routes/chains.ts";
import { addCheckRoutes } from "./routes/checks.ts";
import { addDeadLetterRoutes } from "./routes/dead-letters.ts";
import { addDeleteRoutes } from "./routes/deletes.ts";
import { addHealthRoutes } from "./routes/health.ts";
import { addImageRoutes } from "./routes/images.ts";
import { addInspectionRoutes } from "./inspections/inspections.ts";
import { addJobRoutes } from "./routes/jobs.ts";
import { addCancelRoutes } from "./holds/cancel.ts";
import { addRepositoryRoutes } from "./holds/repositories.ts";
import { addReportRoutes } from "./routes/reports.ts";
import { addRuleRoutes } from "./routes/rules.ts";
import { addSeriesRoutes } from "./routes/series.ts";
import { addPauseRoutes, addStatusRoutes } from "./routes/status.ts";
import { addTagRoutes } from "./routes/tags.ts";

/** What the document says about the API itself (OpenAPI 3.1, "Info Object"). */
const INFO = {
  openapi: "3.1.0",
  info: {
    title: "Freightliner",
    version: "1",
    description: "The state of a stack, and what its operators may do.",
  },
};

/** The HTTP API of one stack. Requests are checked by the same schemas that its OpenAPI document is made of. */
export function createApi(ports: ApiPorts): Api {
  const api: Api = new OpenAPIHono<ApiEnvironment>({
    defaultHook(result) {
      if (result.success) return;
      const errors = result.error.issues.map(({ path, message }) => ({ field: path.join("."), message }));
      throw new ApiError(422, "see errors for the fields that are not valid", { errors });
    },
  });
  handleProblems(api, ports);
  // The first one registered is the outermost.
  api.use(async (context, next) => {
    context.set("caller", ports.callerOf(context.env));
    await next();
    context.header("x-request-id", context.var.caller.requestId);
    context.header("cache-control", "no-store");
  });
  api.use(audited(ports));
  // Without origins, no answer has a header of CORS, and browsers deny pages of other origins.
  if (ports.origins.length > 0)
    api.use(cors({ origin: [...ports.origins], allowMethods: ["GET", "POST", "PUT", "DELETE"], maxAge: 600 }));
  api.use(rateLimited(ports));
  api.use(limitedBody);
  api.use(guardedWrites(ports, (method, path) => allowedMethods(api, path).includes(method)));
  const adders = [addHealthRoutes, addStatusRoutes, addTagRoutes, addImageRoutes, addReportRoutes, addRuleRoutes];
  const more = [
    addSeriesRoutes,
    addChainRoutes,
    addDeleteRoutes,
    addCheckRoutes,
    addPauseRoutes,
    addRepositoryRoutes,
    addCancelRoutes,
    addDeadLetterRoutes,
    addJobRoutes,
    addInspectionRoutes,
  ];
  for (const add of [...adders, ...more]) add(api, ports);
  api.doc31("/openapi.json", INFO);
  return api;
}

function handleProblems(api: Api, { failed }: Pick<ApiPorts, "failed">): void {
  api.notFound((context) => {
    const methods = allowedMethods(api, context.req.path);
    const { requestId } = context.var.caller;
    const error =
      methods.length === 0
        ? new ApiError(404, `${context.req.path} is not a path of this API; /openapi.json lists them`)
        : new ApiError(405, `send ${methods.join(" or ")}`, { headers: { allow: methods.join(", ") } });
    return answer(error, requestId);
  });
  api.onError((error, context) => {
    // Without a caller, the server in front of the API is not the one that it is made for.
    const requestId = (context.var.caller as typeof context.var.caller | undefined)?.requestId ?? "";
    const known = knownError(error);
    if (known.status >= 500) failed(error, requestId);
    return answer(known, requestId);
  });
}

function answer(error: ApiError, requestId: string): Response {
  return new Response(JSON.stringify(problemOf(error, requestId)), {
    status: error.status,
    headers: {
      "content-type": "application/problem+json",
      "x-request-id": requestId,
      "cache-control": "no-store",
      ...error.headers,
    },
  });
}

/** What an error means to the caller. Anything unexpected says nothing about itself: the log has it, by the request's id. */
function knownError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof HTTPException && error.status === 400) return new ApiError(400, "the body is not JSON");
  if (error instanceof ScheduleError) return new ApiError(503, error.message, { cause: error });
  if (error instanceof StoreError) return new ApiError(503, "the state table does not answer; try again");
  return new ApiError(500, "the log of the API's function says why, by requestId", { cause: error });
}
