import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import { holdDestination, releaseDestination } from "../../wiring/operations/hold-destination.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import type { Api } from "../protocol/api-environment.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { ApiError, problems } from "../protocol/problem.ts";
import { Destination, destinationOf, Status, statusOf } from "../schemas/status.ts";
import { ListedTag, listedTagOf } from "../schemas/tag.ts";

const readStatus = createRoute({
  method: "get",
  path: "/api/status",
  summary: "The state of the stack; it may be some seconds old",
  responses: { 200: jsonBody("The state.", Status), ...problems() },
});

const listDestinations = createRoute({
  method: "get",
  path: "/api/destinations",
  summary: "All destinations",
  responses: { 200: jsonBody("All destinations.", z.array(Destination)), ...problems() },
});

const readDestination = createRoute({
  method: "get",
  path: "/api/destinations/{name}",
  summary: "One destination",
  request: { params: z.object({ name: z.string().max(64) }) },
  responses: { 200: jsonBody("The destination.", Destination), ...problems(404) },
});

const changeOf = (verb: "pause" | "resume", summary: string) =>
  createRoute({
    method: "post",
    path: `/api/destinations/{name}/${verb}`,
    summary,
    description: "The probe function carries it out within a minute. Running copies end as usual.",
    request: {
      params: z.object({ name: z.string().max(64) }),
      body: { required: true, content: { "application/json": { schema: z.object({}) } } },
    },
    responses: {
      202: jsonBody("It will be done.", z.object({ destination: z.string() })),
      ...problems(404, 409, 413, 415),
    },
  });
const pause = changeOf("pause", "Pauses the copies to a destination, for operators");
const resume = changeOf("resume", "Ends a pause of an operator");

const listCopies = createRoute({
  method: "get",
  path: "/api/copies",
  summary: "Copies that run now, the longest first",
  responses: { 200: jsonBody("Running copies.", z.array(ListedTag)), ...problems() },
});

/** Pauses of destinations by operators. */
export function addPauseRoutes(api: Api, { operations }: Pick<ApiPorts, "operations">): void {
  const known = (name: string): void => {
    if (!operations.parts.destinations.includes(name))
      throw new ApiError(404, `there is no destination ${name}; /api/destinations lists them`);
  };
  api.openapi(pause, async (context) => {
    const { name } = context.req.valid("param");
    known(name);
    if ((await holdDestination(name, context.var.caller.name, operations)) === "already")
      throw new ApiError(409, `an operator has paused ${name} already`);
    return context.json({ destination: name }, 202);
  });
  api.openapi(resume, async (context) => {
    const { name } = context.req.valid("param");
    known(name);
    if ((await releaseDestination(name, operations)) === "already")
      throw new ApiError(409, `no operator has paused ${name}`);
    return context.json({ destination: name }, 202);
  });
}

/** The state of the stack, of its destinations and of running copies. */
export function addStatusRoutes(api: Api, { status }: Pick<ApiPorts, "status">): void {
  api.openapi(readStatus, async (context) => context.json(statusOf(await status()), 200));
  api.openapi(listDestinations, async (context) => context.json((await status()).destinations.map(destinationOf), 200));
  api.openapi(readDestination, async (context) => {
    const { name } = context.req.valid("param");
    const found = (await status()).destinations.find((each) => each.name === name);
    if (found === undefined) throw new ApiError(404, `there is no destination ${name}; /api/destinations lists them`);
    return context.json(destinationOf(found), 200);
  });
  api.openapi(listCopies, async (context) => {
    const running = (await status()).behind.filter(({ state }) => state === "copying");
    const sorted = running.toSorted((a, b) => (b.copyingMs ?? 0) - (a.copyingMs ?? 0));
    return context.json(sorted.map(listedTagOf), 200);
  });
}
