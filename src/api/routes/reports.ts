import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import { LAG_GOAL } from "../../contract/stack/limits.ts";
import { monthOf, thisMonth } from "../../replication/pending/month.ts";
import { recountGoal } from "../../wiring/reports/recount-goal.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import type { Api } from "../protocol/api-environment.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { ApiError, problems } from "../protocol/problem.ts";
import { GoalReport, MonthReport } from "../schemas/month-report.ts";

const readGoal = createRoute({
  method: "get",
  path: "/api/slo",
  summary: "How well the destinations met the goal in a month of UTC, recounted from the receipts",
  request: {
    query: z.object({
      month: z
        .string()
        .regex(/^\d{4}-(0[1-9]|1[0-2])$/)
        .optional()
        .openapi({ description: "Such as 2026-11; without it, the present one." }),
    }),
  },
  responses: { 200: jsonBody("The report.", MonthReport), ...problems() },
});

/** Reports that are read from the whole table. */
export function addReportRoutes(api: Api, { operations, now }: Pick<ApiPorts, "operations" | "now">): void {
  api.openapi(readGoal, async (context) => {
    const { month: text } = context.req.valid("query");
    const month = text === undefined ? thisMonth(new Date(now())) : monthOf(text);
    if (month === undefined) throw new ApiError(422, `${text ?? ""} is not a month`);
    const destinations = (await recountGoal(month, operations)).map((report) => GoalReport.parse(report));
    return context.json({ month: month.name, goal: LAG_GOAL, destinations }, 200);
  });
}
