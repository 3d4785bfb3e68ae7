import { pushAge } from "../../src/replication/planning/copy-request.ts";
import type { Destination } from "../../src/contract/configuration/configuration-document.ts";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { COPY_MAX_ATTEMPTS } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { FormatError } from "../../src/oci/errors/format-error.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import type { Priority } from "../../src/contract/stack/queues.ts";
import type { CircuitBreaker } from "../../src/replication/destination/circuit-breaker.ts";
import { failureClass } from "../../src/replication/outcome/failure-class.ts";
import type { FailureClass } from "../../src/replication/outcome/failure-class.ts";
import type { FailureReason } from "../../src/replication/outcome/failure-reason.ts";
import type { Receipts } from "../../src/replication/outcome/receipt.ts";
import type { ReplicateContext } from "../../src/replication/copy/copy-context.ts";
import { createRequestExecutor, readRequest } from "./request-executor.ts";
import type { DeliveryResult, DeliveryTime } from "./request-executor.ts";
import { handOverToLongLane } from "./long-lane-handover.ts";
import type { SendToLongLane } from "./long-lane-handover.ts";
import { countCost, countReport, countWait, logReport } from "./report.ts";
import { receiptOf } from "./receipt-of.ts";

/** One delivery of one message. */
export interface Delivery {
  /** Equal for all deliveries of a message. */
  readonly messageId: string;
  readonly body: string;
  readonly receiptHandle: string;
  readonly queueArn: string;
  /** How often the queue has delivered it, this time included. */
  readonly receiveCount: number;
  /** The group it is queued fairly with. */
  readonly groupId?: string | undefined;
}

/** Where a copy goes from and to. */
export interface Route {
  readonly destination: Destination;
  readonly from: RepositoryName;
  readonly to: RepositoryName;
  readonly delivery: Delivery;
}

/** What is known of a message that can never be carried out. */
export interface Burial {
  readonly class: FailureClass;
  readonly reason: FailureReason;
  readonly message: string;
  /** Key of the tag record; undefined when the message names none. */
  readonly record: string | undefined;
  readonly correlationId: string | undefined;
}

export interface CopyDependencies {
  readonly configuration: Configuration;
  /** Source, target and parameters of a copy along a route. */
  readonly open: (route: Route) => ReplicateContext;
  /** The circuit of a destination, by its name. */
  readonly circuit: (destination: string) => CircuitBreaker;
  /** True when the queue that a delivery came from is for a destination: what a message says never decides where it is written. */
  readonly serves: (delivery: Delivery, destination: string) => boolean;
  readonly receipts: Receipts;
  /** The priority of the queue that a delivery came from; undefined for a queue of another stack. */
  readonly priority: (delivery: Delivery) => Priority | undefined;
  /** Makes the message visible again after the delay. */
  readonly defer: (delivery: Delivery, afterMs: number, signal: AbortSignal) => Promise<void>;
  /** Moves the message, with its reason, to the dead-letter queue, where an operator handles it. */
  readonly bury: (delivery: Delivery, burial: Burial, signal: AbortSignal) => Promise<void>;
  /** A signal that is aborted after the given milliseconds. */
  readonly timeout: (ms: number) => AbortSignal;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** What the time is priced by: the function's memory, or the minutes of a build. */
  readonly memoryMegabytes: number | "build";
  /** Puts a request on the queue of the long lane; undefined where this is the long lane, or there is none. */
  readonly sendToLongLane?: SendToLongLane | undefined;
  readonly observer: Observer;
}

/** What becomes of the message: the queue may delete it, or keeps it until it shows again. */
export type Fate = "done" | "kept";

/** Wait before a request is tried again whose end could not be noted, in milliseconds. */
const UNNOTED_MS = 15_000;
/** Waits after a failure that was not foreseen, in milliseconds: they double, up to the longest one. */
const CRASHED_MS = 15_000;
const CRASHED_MAX_MS = 900_000;

/**
 * Carries out one delivery within the time left, and sees to what becomes of its message. Never throws: a failure that was
 * not foreseen is logged and counted, and ends the request after {@link COPY_MAX_ATTEMPTS} deliveries.
 */
export function createHandler(dependencies: CopyDependencies) {
  const { observer, now, memoryMegabytes } = dependencies;
  const carryOut = createRequestExecutor(dependencies);
  return async (delivery: Delivery, remainingMs: number): Promise<Fate> => {
    const startedAt = now();
    // What becomes of a message is seen to also when its copy's own time is up: only the end of the process cuts that.
    const ending = dependencies.timeout(Math.max(remainingMs, 0));
    const carried = await carry(carryOut, delivery, { remainingMs, ending }).catch((error: unknown) =>
      crashed(error, delivery, observer),
    );
    const { report, request } = await concluded(carried, delivery, dependencies, ending);
    logReport(observer, report, request, delivery);
    const isLive = dependencies.priority(delivery) === "live";
    countReport(observer, report, request?.destination, isLive ? Metric.replicationLag : Metric.backfillLag);
    if (request !== undefined && isLive) {
      countWait(observer, report, request.destination, pushAge(request.pushedAt, now()));
    }
    countCost(observer, report, request?.destination, { milliseconds: now() - startedAt, memoryMegabytes });
    if (report.outcome !== "deferred") return "done";
    if (report.reason === "long-lane" && (await handOverToLongLane(request, dependencies, ending))) return "done";
    await shownAgain(delivery, report.afterMs, dependencies, ending);
    return "kept";
  };
}

async function carry(
  carryOut: ReturnType<typeof createRequestExecutor>,
  delivery: Delivery,
  left: DeliveryTime,
): Promise<DeliveryResult> {
  const request = readRequest(delivery.body);
  if (!(request instanceof FormatError)) return carryOut(request, delivery, left);
  return { report: { outcome: "failed", reason: "malformed-message", error: request } };
}

/** The function itself has failed: tried again a few times, then given up where people see it. */
function crashed(error: unknown, { body, messageId, receiveCount }: Delivery, observer: Observer): DeliveryResult {
  observer.error("Copy crashed", { messageId, receiveCount, error: describeError(error) });
  observer.count(Metric.crashes, 1);
  const read = readRequest(body);
  const request = read instanceof FormatError ? undefined : read;
  if (receiveCount >= COPY_MAX_ATTEMPTS) return { request, report: { outcome: "failed", reason: "crashed", error } };
  const afterMs = Math.min(CRASHED_MS * 2 ** (receiveCount - 1), CRASHED_MAX_MS);
  return { request, report: { outcome: "deferred", reason: "crashed", afterMs, error } };
}

/**
 * A request has ended when its receipt is written, and when it is kept as a dead letter if it failed. As long as one of the two
 * is not possible, it is carried out again.
 */
async function concluded(
  ended: DeliveryResult,
  delivery: Delivery,
  dependencies: CopyDependencies,
  ending: AbortSignal,
): Promise<DeliveryResult> {
  const { report, request, record } = ended;
  if (report.outcome === "deferred") return ended;
  const { messageId } = delivery;
  const { receipts, bury, now } = dependencies;
  const about =
    record === undefined ? ({ kind: "message", id: messageId } as const) : ({ kind: "tag", key: record } as const);
  try {
    await receipts.write(about, receiptOf(report, { request, messageId }, now()), ending);
    if (report.outcome !== "failed") return ended;
    const { reason, error } = report;
    const message = describeError(error);
    const burial = { class: failureClass(reason), reason, message, record, correlationId: request?.id };
    await bury(delivery, burial, ending);
    return ended;
  } catch (error) {
    return { request, record, report: { outcome: "deferred", reason: "unavailable", afterMs: UNNOTED_MS, error } };
  }
}

/** A message that cannot be shown sooner shows again when its visibility ends. */
async function shownAgain(
  delivery: Delivery,
  afterMs: number,
  { defer, observer }: CopyDependencies,
  ending: AbortSignal,
): Promise<void> {
  await defer(delivery, afterMs, ending).catch((error: unknown) => {
    const { messageId } = delivery;
    observer.warn("Message could not be deferred", { messageId, afterMs, error: describeError(error) });
    observer.count(Metric.deferralsFailed, 1);
  });
}
