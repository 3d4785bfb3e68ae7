import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import { isRepositoryName, isTag } from "../../oci/reference.ts";
import { UndeleteReport } from "../../wiring/calls/undelete-call.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import type { Api } from "../protocol/api-environment.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { ApiError, problems } from "../protocol/problem.ts";
import { PendingDelete, Undeleted } from "../schemas/deletes.ts";

const listDeletes = createRoute({
  method: "get",
  path: "/api/deletes",
  summary: "Tags that are to be deleted at the destinations, those due first; at most a thousand",
  responses: { 200: jsonBody("Tags to be deleted.", z.array(PendingDelete)), ...problems() },
});
const MOST_DELETES = 1_000;

const Selected = z.object({
  key: z.string().min(1).max(512).openapi({ description: "As the lists of tags and of deletes have it." }),
  registry: z
    .string()
    .max(255)
    .optional()
    .openapi({ description: "The host of the destination; 409 when the destination is at another one." }),
});

const undelete = createRoute({
  method: "post",
  path: "/api/deletes/undelete",
  summary: "Keeps a tag that is to be deleted at a destination, or restores one that was, for operators",
  description: "The reconcile function does it, with the login by which it deletes. It waits for the answer.",
  request: { body: { required: true, content: { "application/json": { schema: Selected } } } },
  responses: { 200: jsonBody("What was done.", Undeleted), ...problems(404, 409, 413, 415, 502) },
});

/** Tags that are to be deleted, and the undo of deletions. */
export function addDeleteRoutes(api: Api, { operations }: Pick<ApiPorts, "operations">): void {
  api.openapi(listDeletes, async (context) => {
    const found: PendingDelete[] = [];
    for await (const { key, record } of operations.deletions()) {
      for (const { tag, digest, dueAt, cause, rule, protected: held } of record.tombstones) {
        const heldBack = held === undefined ? {} : { heldBack: held.reason };
        found.push({ key: `${key}:${tag}`, digest, dueAt, cause, rule, ...heldBack });
      }
    }
    return context.json(found.toSorted((a, b) => a.dueAt - b.dueAt).slice(0, MOST_DELETES), 200);
  });
  api.openapi(undelete, async (context) => {
    const { key, registry } = context.req.valid("json");
    const place = placeOf(key);
    if (place === undefined || (await operations.stores.tags.read(key, operations.signal)) === undefined)
      throw new ApiError(404, `there is no record of ${key}; /api/tags lists the keys`);
    const call = { undelete: { ...place, ...(registry === undefined ? {} : { registry }) } };
    const report = UndeleteReport.parse(await operations.invoke("reconcile", call));
    return context.json(undeletedOf(key, report), 200);
  });
}

/** The parts of a tag's key; undefined when it has another form. */
function placeOf(key: string) {
  const [, destination = "", repository = "", tag = ""] = /^([^/]+)\/(.+):([^:]+)$/.exec(key) ?? [];
  return isRepositoryName(repository) && isTag(tag) ? { destination, repository, tag } : undefined;
}

/** @throws {ApiError} when nothing could be done. */
function undeletedOf(key: string, report: UndeleteReport): Undeleted {
  switch (report.kind) {
    case "kept":
    case "restored":
    case "present":
      return { key, kind: report.kind, digest: report.digest };
    case "unknown":
      throw new ApiError(404, `${key} has no tombstone, and no receipt says that it was deleted`);
    case "lost":
      throw new ApiError(409, `the destination no longer has the image of ${key} (${report.digest}); push it again`);
    case "busy":
      throw new ApiError(
        409,
        `something else works on ${key} until ${new Date(report.until).toISOString()}; try again`,
      );
    case "elsewhere":
      throw new ApiError(409, `the destination of ${key} is at ${report.registry}`);
    case "failed":
      throw new ApiError(502, report.problem);
  }
}
