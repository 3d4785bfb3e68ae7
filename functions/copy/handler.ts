import { pushAge } from "../../src/replication/planning/copy-request.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";
import { readRequestMessage } from "../../src/replication/planning/request-message.ts";
import type { Delivery } from "../../src/contract/stack/delivery.ts";
import { COPY_MAX_ATTEMPTS } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { failureClass } from "../../src/replication/outcome/failure-class.ts";
import type { CopyDependencies } from "./copy-dependencies.ts";
import { createPreCopier } from "./pre-copier.ts";
import { createRequestExecutor } from "./request-executor.ts";
import type { DeliveryResult } from "./delivery-result.ts";
import { announceRepair, endPushes, findEndingPushes, noteRequest } from "./end-pushes.ts";
import { handOverToLongLane } from "./long-lane-handover.ts";
import { countCost, countReport, countWait, logReport } from "./report.ts";
import { endCopy, traceDelivery } from "./trace-delivery.ts";
import { measured } from "../../src/replication/spans/span.ts";
import type { Span } from "../../src/replication/spans/span.ts";
import { receiptOf } from "./receipt-of.ts";

/** Whether the queue may delete the message, or keeps it and shows it again. */
export type Fate = "done" | "kept";

/** Wait before a request is retried whose outcome could not be recorded, in milliseconds. */
const UNRECORDED_MS = 15_000;
/** Waits after an unexpected failure, in milliseconds: they double up to the maximum. */
const CRASHED_MS = 15_000;
const CRASHED_MAX_MS = 900_000;

/**
 * Handles one delivery within the time left: executes its request, records the outcome, and decides what the queue does with the
 * message. Never throws: an unexpected failure is logged and counted, and after {@link COPY_MAX_ATTEMPTS} deliveries the request
 * fails.
 */
export function createHandler(dependencies: CopyDependencies) {
  const { observer, queue } = dependencies;
  const { now, timeout, memoryMegabytes } = dependencies.runtime;
  const execute = createRequestExecutor(dependencies);
  const preCopy = createPreCopier(dependencies);
  return async (delivery: Delivery, remainingMs: number): Promise<Fate> => {
    const startedAt = now();
    // The deadline of the copy does not abort the handling of its message; only the end of the process does.
    const ending = timeout(Math.max(remainingMs, 0));
    const message = readRequestMessage(delivery.body);
    const span = traceDelivery(message, delivery, { tracer: dependencies.tracer, now: startedAt });
    if (message.kind === "pre-copy") {
      await preCopy(message.request, delivery, { remainingMs, ending, span });
      return "done";
    }
    const executed: DeliveryResult =
      message.kind === "malformed"
        ? { report: { outcome: "failed", reason: "malformed-message", error: message.error } }
        : await execute(message.request, delivery, { remainingMs, ending, span }).catch((error: unknown) =>
            crashed(error, message.request, delivery, observer),
          );
    const ended = { ...executed, startedAt, span };
    const { report, request, rule, heldMs = 0 } = await recorded(ended, delivery, dependencies, ending);
    endCopy(span, report, rule);
    logReport(observer, report, request, { ...delivery, rule, configuration: dependencies.configuration.version });
    const isLive = queue.priority(delivery) === "live";
    countReport(observer, report, request?.destination, isLive ? Metric.replicationLag : Metric.backfillLag);
    if (request !== undefined && isLive) {
      countWait(observer, report, request.destination, pushAge(request.pushedAt, now()) - heldMs);
    }
    countCost(observer, report, request?.destination, { milliseconds: now() - startedAt, memoryMegabytes });
    await noteRequest(executed, dependencies, ending);
    if (report.outcome !== "deferred") return "done";
    if (await isHandedOn({ ...executed, report, request }, dependencies, ending)) return "done";
    await deferMessage(delivery, report.afterMs, dependencies, ending);
    return "kept";
  };
}

/** True if the message is not needed any more: its request was set aside, or is in the long lane now. */
async function isHandedOn(
  { report, request, isSetAside }: DeliveryResult,
  { queue: { sendToLongLane }, observer }: CopyDependencies,
  ending: AbortSignal,
): Promise<boolean> {
  if (isSetAside === true) return true;
  const isTooLong = report.outcome === "deferred" && report.reason === "long-lane";
  return isTooLong && handOverToLongLane(request, { sendToLongLane, observer }, ending);
}

/** The result of an unexpected failure: the request is retried a few times, then it fails. */
function crashed(
  error: unknown,
  request: CopyRequest,
  { messageId, receiveCount }: Delivery,
  observer: Observer,
): DeliveryResult {
  observer.error("Copy crashed", { messageId, receiveCount, error: describeError(error) });
  observer.count(Metric.crashes, 1);
  if (receiveCount >= COPY_MAX_ATTEMPTS) return { request, report: { outcome: "failed", reason: "crashed", error } };
  const afterMs = Math.min(CRASHED_MS * 2 ** (receiveCount - 1), CRASHED_MAX_MS);
  return { request, report: { outcome: "deferred", reason: "crashed", afterMs, error } };
}

/** A delivery that has been executed. */
interface ExecutedDelivery extends DeliveryResult {
  /** When it began, epoch milliseconds. */
  readonly startedAt: number;
  readonly span: Span | undefined;
}

/** Records the end of a request, if it has ended. */
function recorded(
  executed: ExecutedDelivery,
  delivery: Delivery,
  dependencies: CopyDependencies,
  ending: AbortSignal,
): Promise<DeliveryResult> {
  const { report, span } = executed;
  const spans = span?.inside;
  if (report.outcome === "deferred") return Promise.resolve(executed);
  const recording = recordEnd({ ...executed, report }, delivery, dependencies, ending);
  return spans === undefined ? recording : measured(spans.start("record"), recording);
}

/**
 * Records the end of a request: its receipt, a dead letter if it failed, and the end of its push. If one of them cannot be written, the
 * request has not ended and is retried.
 */
async function recordEnd(
  executed: ExecutedDelivery & { readonly report: Parameters<typeof receiptOf>[0] },
  delivery: Delivery,
  dependencies: CopyDependencies,
  ending: AbortSignal,
): Promise<DeliveryResult> {
  const { startedAt, ...result } = executed;
  const { report, request, record, rule } = result;
  const { configuration, copies, queue, runtime } = dependencies;
  const { messageId } = delivery;
  const about =
    record === undefined ? ({ kind: "message", id: messageId } as const) : ({ kind: "tag", key: record } as const);
  try {
    const { pending, receipts } = copies;
    const pushes = await findEndingPushes(report, request, { startedAt, pending }, ending);
    const context = { request, messageId, rule, configuration: configuration.version, push: pushes.own };
    const receipt = await receipts.write(about, receiptOf(report, context, runtime.now()), ending);
    if (report.outcome === "failed") {
      const { reason, error } = report;
      const message = describeError(error);
      const letter = { class: failureClass(reason), reason, message, record, correlationId: request?.id };
      await queue.sendToDeadLetters(delivery, letter, ending);
    }
    await endPushes(pushes, { about, receipt }, dependencies, ending);
    await announceRepair({ report, receipt }, queue, ending);
    return result;
  } catch (error) {
    return { ...result, report: { outcome: "deferred", reason: "unavailable", afterMs: UNRECORDED_MS, error } };
  }
}

/** Best effort: a message that cannot be deferred shows again when its visibility timeout expires. */
async function deferMessage(
  delivery: Delivery,
  afterMs: number,
  { queue: { defer }, observer }: CopyDependencies,
  ending: AbortSignal,
): Promise<void> {
  await defer(delivery, afterMs, ending).catch((error: unknown) => {
    const { messageId } = delivery;
    observer.warn("Message could not be deferred", { messageId, afterMs, error: describeError(error) });
    observer.count(Metric.deferralsFailed, 1);
  });
}
