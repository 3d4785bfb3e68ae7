import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import type { MetricName } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { LogFields, Observer } from "../../src/contract/telemetry/observer.ts";
import { deliveryDollars } from "../../src/contract/stack/prices.ts";
import { traceparentOf } from "../../src/contract/telemetry/traceparent.ts";
import { conflictField } from "../../src/replication/outcome/conflict.ts";
import { originFields } from "../../src/replication/outcome/copy-report.ts";
import type { CopyReport } from "../../src/replication/outcome/copy-report.ts";
import { describeGate } from "../../src/replication/outcome/gate-audit.ts";
import { leftOutFields } from "../../src/replication/outcome/left-out.ts";
import { failureClass } from "../../src/replication/outcome/failure-class.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";

/** Logs one line per delivery: its request, and its outcome. */
export function logReport(
  observer: Observer,
  report: CopyReport,
  request: CopyRequest | undefined,
  delivery: {
    readonly messageId: string;
    readonly receiveCount: number;
    readonly rule: string | undefined;
    readonly configuration: string;
  },
): void {
  const fields: LogFields = {
    outcome: report.outcome,
    correlationId: request?.id,
    traceparent: request === undefined ? undefined : traceparentOf(request.id),
    destination: request?.destination,
    repository: request?.repository,
    reference: request?.reference,
    messageId: delivery.messageId,
    receiveCount: delivery.receiveCount,
    configuration: delivery.configuration,
    rule: delivery.rule,
    bytesSent: report.bytesSent,
    ...detailsOf(report),
    ...originFields(report),
    ...leftOutFields(report.leftOut),
    ...conflictField(report.conflict),
    ...(report.gate === undefined ? {} : { gate: describeGate(report.gate) }),
  };
  if (report.outcome === "failed") observer.error("Copy failed for good", fields);
  else if (report.outcome === "deferred" && report.error !== undefined) observer.warn("Copy deferred", fields);
  else observer.info("Copy ended", fields);
}

function detailsOf(report: CopyReport): LogFields {
  switch (report.outcome) {
    case "replicated":
      return { digest: report.digest, lagMs: report.lagMs, ...report.statistics };
    case "unchanged":
      return { digest: report.digest };
    case "superseded":
      return { digest: report.digest, reason: report.reason };
    case "skipped":
      return { reason: report.reason, cancelledBy: report.cancelled?.by };
    case "quarantined":
      return { reason: report.reason, digest: report.digest };
    case "deferred":
      return { reason: report.reason, afterMs: report.afterMs, ...errorField(report.error) };
    case "failed":
      return { reason: report.reason, ...errorField(report.error) };
  }
}

function errorField(error: unknown): LogFields {
  return error === undefined ? {} : { error: describeError(error) };
}

/** Counts the estimated cost of a delivery for its destination. Bytes cost the same whether their blob was completed or not. */
export function countCost(
  observer: Observer,
  { bytesSent = 0 }: Pick<CopyReport, "bytesSent">,
  destination: string | undefined,
  spent: { readonly milliseconds: number; readonly memoryMegabytes: number | "build" },
): void {
  observer.count(Metric.estimatedCost, deliveryDollars({ ...spent, bytesSent }), destination);
}

const OUTCOME = {
  replicated: Metric.replicated,
  unchanged: Metric.unchanged,
  superseded: Metric.superseded,
  skipped: Metric.skipped,
  quarantined: Metric.quarantined,
  deferred: Metric.deferred,
  failed: Metric.failed,
} as const satisfies Record<CopyReport["outcome"], MetricName>;

/** Deferrals that a rule asks for. */
const RULE_DEFERRALS: readonly string[] = ["too-young", "gate"];

/** How long the rule of a request lets it wait, in milliseconds; undefined when it does not. */
export function heldForMs(report: CopyReport): number | undefined {
  return report.outcome === "deferred" && RULE_DEFERRALS.includes(report.reason) ? report.afterMs : undefined;
}

/** Counts the age of a live push that is deferred, unless its rule lets it wait. @param ageMs time since the push. */
export function countWait(
  observer: Observer,
  report: CopyReport,
  destination: string | undefined,
  ageMs: number,
): void {
  if (report.outcome !== "deferred" || RULE_DEFERRALS.includes(report.reason)) return;
  observer.count(Metric.deferredAge, Math.max(ageMs, 0), destination);
  observer.count(Metric.deferredAgeByReason, Math.max(ageMs, 0), destination, report.reason);
}

/** Counts the outcome and the statistics. @param lag the metric for the time since the push. */
export function countReport(
  observer: Observer,
  report: CopyReport,
  destination: string | undefined,
  lag: MetricName,
): void {
  observer.count(OUTCOME[report.outcome], 1, destination);
  if (report.outcome === "deferred") observer.count(Metric.deferredByReason, 1, destination, report.reason);
  const { conflict } = report;
  if (conflict !== undefined && report.outcome !== "deferred")
    observer.count(Metric.conflicts, 1, destination, conflict.decision);
  if (report.outcome === "failed") observer.count(Metric.failedByClass, 1, destination, failureClass(report.reason));
  if (report.outcome !== "replicated") return;
  const { blobsUploaded, blobsMounted, blobsPresent, bytesUploaded, bytesPreCopied = 0 } = report.statistics;
  observer.count(Metric.blobsUploaded, blobsUploaded, destination);
  observer.count(Metric.blobsMounted, blobsMounted, destination);
  observer.count(Metric.blobsPresent, blobsPresent, destination);
  observer.count(Metric.bytesUploaded, bytesUploaded, destination);
  if (bytesPreCopied > 0) observer.count(Metric.bytesPreCopiedUsed, bytesPreCopied, destination);
  observer.count(lag, Math.max(report.lagMs, 0), destination);
}
