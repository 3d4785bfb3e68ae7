import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import { MOST_PAUSED } from "../../replication/holds/paused-repositories.ts";
import { rulesOf } from "../../replication/rules/evaluate-rules.ts";
import { holdRepository, releaseRepository } from "../../wiring/operations/hold-repository.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import type { Api } from "../protocol/api-environment.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { repositoryName } from "../protocol/name-patterns.ts";
import { ApiError, problems } from "../protocol/problem.ts";

const Repository = z.object({
  repository: repositoryName("As the source has it."),
});

const changeOf = (verb: "pause" | "resume", summary: string, description: string) =>
  createRoute({
    method: "post",
    path: `/api/repositories/${verb}`,
    summary,
    description,
    request: { body: { required: true, content: { "application/json": { schema: Repository } } } },
    responses: { 202: jsonBody("It will be done.", Repository), ...problems(404, 409, 413, 415) },
  });
const pause = changeOf(
  "pause",
  "Pauses a repository of the source for all destinations, for operators",
  "Within seconds no copy of it begins, and nothing of it is deleted. Running copies end. Its pushes stay pending.",
);
const resume = changeOf("resume", "Ends the pause of a repository", "What waits is requested within a minute.");

/** Pauses of repositories by operators. `/api/status` lists them. */
export function addRepositoryRoutes(
  api: Api,
  { operations, configuration }: Pick<ApiPorts, "operations" | "configuration">,
): void {
  api.openapi(pause, async (context) => {
    const { repository } = context.req.valid("json");
    // The command has no configuration, and a pause must also be possible while it cannot be read.
    const rules = await configuration().then(
      (known) => known.rules,
      () => undefined,
    );
    if (rules !== undefined && rulesOf(repository, rules).length === 0)
      throw new ApiError(404, `no rule copies ${repository}; /api/rules lists them`);
    const result = await holdRepository(repository, context.var.caller.name, operations);
    if (result === "already") throw new ApiError(409, `an operator has paused ${repository} already`);
    if (result === "too-many")
      throw new ApiError(422, `${MOST_PAUSED} repositories are paused; resume one, or pause a destination`);
    return context.json({ repository }, 202);
  });
  api.openapi(resume, async (context) => {
    const { repository } = context.req.valid("json");
    if ((await releaseRepository(repository, operations)) === "already")
      throw new ApiError(409, `no operator has paused ${repository}`);
    return context.json({ repository }, 202);
  });
}
