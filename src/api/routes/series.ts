import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import { sharedReading } from "../../wiring/operations/status-cache.ts";
import { recountSeries } from "../../wiring/reports/recount-series.ts";
import type { SeriesSource } from "../../wiring/reports/recount-series.ts";
import type { Api } from "../protocol/api-environment.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { problems } from "../protocol/problem.ts";
import { Period, PERIODS, Series, seriesOf } from "../schemas/series.ts";

const readSeries = createRoute({
  method: "get",
  path: "/api/series",
  summary: "Pushes, lag, bytes and what they cost over time, recounted from the receipts",
  description: "It reads the whole table; callers share an answer, which may be some seconds old.",
  request: { query: z.object({ period: Period.default("1h") }) },
  responses: { 200: jsonBody("The series.", Series), ...problems() },
});

interface Ports extends Pick<ApiPorts, "now"> {
  readonly operations: SeriesSource;
}

/** What happened over time. */
export function addSeriesRoutes(api: Api, { operations, now }: Ports): void {
  const shared = (period: Period) => sharedReading(() => recountSeries(PERIODS[period], operations, now()), now);
  const readings = { "1h": shared("1h"), "24h": shared("24h"), "30d": shared("30d") };
  api.openapi(readSeries, async (context) => {
    const { period } = context.req.valid("query");
    return context.json(seriesOf(period, await readings[period]()), 200);
  });
}
