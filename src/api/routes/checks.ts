import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import { checkAccess } from "../../wiring/reports/check-access.ts";
import { checkStack } from "../../wiring/reports/check-stack.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import type { Api } from "../protocol/api-environment.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { problems } from "../protocol/problem.ts";
import { Check } from "../schemas/check.ts";

const run = createRoute({
  method: "post",
  path: "/api/checks",
  summary: "Checks the stack as /ready does, and has its functions check what their roles may do, for operators",
  description: "At each destination, an upload is opened and cancelled. Nothing else is written.",
  request: { body: { required: true, content: { "application/json": { schema: z.object({}) } } } },
  responses: { 200: jsonBody("What was checked.", z.array(Check)), ...problems(413, 415) },
});

/** The checks of `freightliner doctor`. */
export function addCheckRoutes(api: Api, { operations, status }: Pick<ApiPorts, "operations" | "status">): void {
  api.openapi(run, async (context) => {
    const checks = checkStack(await status(), operations);
    return context.json([...checks, ...(await checkAccess(operations))], 200);
  });
}
