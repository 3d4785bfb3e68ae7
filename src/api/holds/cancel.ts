import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import { cancelCopy } from "../../replication/holds/cancel-copy.ts";
import type { CancelResult } from "../../replication/holds/cancel-copy.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import type { Api } from "../protocol/api-environment.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { ApiError, problems } from "../protocol/problem.ts";

const MOST_KEY = 512;

const cancel = createRoute({
  method: "post",
  path: "/api/tag/cancel",
  summary: "Cancels the copy of a tag that runs, or waits to be tried again, for operators",
  description:
    "A running copy ends within 15 seconds, unless its tag is being put; one that waits ends when it is tried next. The image is copied after a newer push, or when an operator asks for it.",
  request: {
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.object({
            key: z.string().min(1).max(MOST_KEY).openapi({ description: "As in the list of tags." }),
            copy: z.int().nonnegative().optional().openapi({
              description: "`copy` of the tag, as the operator has seen it: another copy is not cancelled.",
            }),
          }),
        },
      },
    },
  },
  responses: {
    202: jsonBody("It will end.", z.object({ key: z.string() })),
    ...problems(404, 409, 413, 415),
  },
});

/** Why nothing is cancelled. */
const REFUSALS: Readonly<Record<Exclude<CancelResult, "cancelled">, string>> = {
  already: "it is cancelled already, and ends with its next heartbeat or delivery",
  nothing: "there is nothing to cancel: no copy of it runs, and none waits to be tried again",
  another: "another copy of it has begun since then; look at it again",
};

/** Cancellation of single copies by operators. */
export function addCancelRoutes(api: Api, { operations }: Pick<ApiPorts, "operations">): void {
  api.openapi(cancel, async (context) => {
    const { key, copy } = context.req.valid("json");
    const { stores, signal, awsTime } = operations;
    const known = await stores.tags.read(key, signal);
    if (known === undefined) throw new ApiError(404, `there is no record of ${key}; /api/tags lists the keys`);
    const by = context.var.caller.name;
    const result = await stores.tags.update(key, (record) => cancelCopy(record, { by, copy, at: awsTime() }), signal);
    if (result !== "cancelled") throw new ApiError(409, REFUSALS[result]);
    return context.json({ key }, 202);
  });
}
