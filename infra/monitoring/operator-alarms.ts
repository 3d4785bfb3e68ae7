import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import type { AlarmsProps } from "./alarms-props.ts";
import { MINUTES_15, ownMetric } from "./alarm-definition.ts";
import type { AlarmDefinition } from "./alarm-definition.ts";

/** Failed requests in a quarter of an hour that are no alarm: one caller has tried again. */
const FEW = 3;

/** Alarms for jobs whose runs fail. */
export function jobAlarms({
  hasJobs,
  deployment: { stack },
}: Pick<AlarmsProps, "hasJobs" | "deployment">): AlarmDefinition[] {
  if (!hasJobs) return [];
  return [
    {
      id: "jobs-failed",
      metric: ownMetric(Metric.jobsFailed, { stack, service: "jobs" }, "Sum", MINUTES_15),
      threshold: 0,
      summary: "A run of a job did not succeed.",
      runbookHeading: "Jobs",
    },
    {
      id: "jobs-crashes",
      metric: ownMetric(Metric.crashes, { stack, service: "jobs" }, "Sum", MINUTES_15),
      threshold: 0,
      summary: "The jobs function failed with an unexpected error.",
      runbookHeading: "Function errors",
    },
    {
      id: "inspect-crashes",
      metric: ownMetric(Metric.crashes, { stack, service: "inspect" }, "Sum", MINUTES_15),
      threshold: 0,
      summary: "The inspect function, which plans and verifies for jobs, failed with an unexpected error.",
      runbookHeading: "Function errors",
    },
  ];
}

/** Alarms for an HTTP API that fails. Both of its addresses count together. */
export function apiAlarms({
  hasApi,
  deployment: { stack },
}: Pick<AlarmsProps, "hasApi" | "deployment">): AlarmDefinition[] {
  if (!hasApi) return [];
  return [
    {
      id: "api-failed",
      metric: ownMetric(Metric.apiRequestsFailed, { stack, service: "api" }, "Sum", MINUTES_15),
      threshold: FEW,
      summary: "The HTTP API answered requests with 5xx; no copy depends on it.",
      runbookHeading: "HTTP API",
    },
    {
      id: "api-crashes",
      metric: ownMetric(Metric.crashes, { stack, service: "api" }, "Sum", MINUTES_15),
      threshold: 0,
      summary: "The HTTP API's function failed with an unexpected error.",
      runbookHeading: "Function errors",
    },
  ];
}
