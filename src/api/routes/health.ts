import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import { Registry } from "prom-client";
import { checkStack } from "../../wiring/reports/check-stack.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import type { Api } from "../protocol/api-environment.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { problems } from "../protocol/problem.ts";
import { fillMetrics } from "../reading/stack-metrics.ts";
import { Check } from "../schemas/check.ts";
import { Health } from "../schemas/health.ts";

const Readiness = z.object({ status: z.enum(["ready", "not ready"]), checks: z.array(Check) }).openapi("Readiness");

const health = createRoute({
  method: "get",
  path: "/health",
  summary: "Whether the API answers",
  responses: { 200: jsonBody("It does.", Health), ...problems() },
});

const ready = createRoute({
  method: "get",
  path: "/ready",
  summary: "Whether the stack replicates, as its records and queues say",
  responses: {
    ...problems(),
    200: jsonBody("All checks passed.", Readiness),
    503: jsonBody("Some check failed.", Readiness),
  },
});

const metrics = createRoute({
  method: "get",
  path: "/metrics",
  summary: "Gauges in the text format of Prometheus",
  responses: { 200: { description: "The gauges.", content: { "text/plain": { schema: z.string() } } }, ...problems() },
});

/** Whether the API and the stack work. */
export function addHealthRoutes(api: Api, { status, operations }: Pick<ApiPorts, "status" | "operations">): void {
  api.openapi(health, (context) => {
    const { version } = operations.parts;
    return context.json({ status: "ok" as const, ...(version === undefined ? {} : { version }) }, 200);
  });
  api.openapi(ready, async (context) => {
    const found = checkStack(await status(), operations);
    const isReady = found.every(({ problem }) => problem === undefined);
    const body = { status: isReady ? ("ready" as const) : ("not ready" as const), checks: [...found] };
    return isReady ? context.json(body, 200) : context.json(body, 503);
  });
  api.openapi(metrics, async (context) => {
    const registry = new Registry();
    fillMetrics(registry, await status());
    return context.text(await registry.metrics(), 200, { "content-type": registry.contentType });
  });
}
