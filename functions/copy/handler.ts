import type { Destination } from "../../src/contract/configuration-document.ts";
import type { Configuration } from "../../src/contract/configuration.ts";
import { keptByKey } from "../../src/contract/kept.ts";
import { COPY_RESERVE_MS } from "../../src/contract/limits.ts";
import { describeError } from "../../src/contract/observer.ts";
import type { Observer } from "../../src/contract/observer.ts";
import { FormatError } from "../../src/oci/format-error.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import type { CircuitBreaker } from "../../src/replication/circuit-breaker.ts";
import type { CopyReport } from "../../src/replication/copy-report.ts";
import { parseCopyRequest } from "../../src/replication/copy-request.ts";
import type { CopyRequest } from "../../src/replication/copy-request.ts";
import { failureClass } from "../../src/replication/failure-class.ts";
import type { FailureClass } from "../../src/replication/failure-class.ts";
import { targetRepository } from "../../src/replication/plan-copies.ts";
import type { Receipts } from "../../src/replication/receipt.ts";
import { StoreError } from "../../src/replication/record-store.ts";
import { replicateTag } from "../../src/replication/replicate-tag.ts";
import type { ReplicateTag } from "../../src/replication/replicate-tag.ts";
import { tagKey } from "../../src/replication/tag-record.ts";
import { createSpeed } from "../../src/replication/time-left.ts";
import type { TimeLeft } from "../../src/replication/time-left.ts";
import { watchedTarget } from "../../src/replication/watched-target.ts";
import { countCost, countReport, logReport } from "./report.ts";
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
  readonly reason: string;
  readonly message: string;
  /** Key of the tag record; undefined when the message names none. */
  readonly record: string | undefined;
  readonly correlationId: string | undefined;
}

export interface CopyDependencies {
  readonly configuration: Configuration;
  /** Source, target and parameters of a copy along a route. */
  readonly open: (route: Route) => ReplicateTag;
  /** The circuit of a destination, by its name. */
  readonly circuit: (destination: string) => CircuitBreaker;
  readonly receipts: Receipts;
  /** Shows the message again after a while. */
  readonly defer: (delivery: Delivery, afterMs: number) => Promise<void>;
  /** Keeps the message with its reason where people look after it. */
  readonly bury: (delivery: Delivery, burial: Burial) => Promise<void>;
  /** Aborted after so many milliseconds. */
  readonly timeout: (ms: number) => AbortSignal;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** What the function's time is priced by. */
  readonly memoryMegabytes: number;
  readonly observer: Observer;
}

/** What becomes of the message: the queue may delete it, or keeps it until it shows again. */
export type Fate = "done" | "kept";

/** How a request ended, and the tag record it was about. */
interface Ended {
  readonly report: CopyReport;
  readonly record?: string | undefined;
}

/** Wait before a request is tried again whose end could not be noted, in milliseconds. */
const UNNOTED_MS = 15_000;

/** Carries out one delivery within the time left, and sees to what becomes of its message. */
export function createHandler(dependencies: CopyDependencies) {
  const { defer, bury, observer, now, memoryMegabytes } = dependencies;
  const carryOut = createCarrier(dependencies);
  return async (delivery: Delivery, remainingMs: number): Promise<Fate> => {
    const startedAt = now();
    const request = readRequest(delivery.body);
    const { report, record } =
      request instanceof FormatError
        ? { report: { outcome: "failed", reason: "malformed-message", error: request } as const, record: undefined }
        : await noted(await carryOut(request, delivery, remainingMs), request, dependencies);
    const known = request instanceof FormatError ? undefined : request;
    if (report.outcome === "failed") {
      await bury(delivery, {
        class: failureClass(report),
        reason: report.reason,
        message: describeError(report.error),
        record,
        correlationId: known?.id,
      });
    }
    logReport(observer, report, known, delivery);
    countReport(observer, report, known?.destination);
    countCost(observer, report, known?.destination, { milliseconds: now() - startedAt, memoryMegabytes });
    if (report.outcome !== "deferred") return "done";
    // Kept in any case: what cannot be shown sooner shows again when its visibility ends.
    await defer(delivery, report.afterMs).catch((error: unknown) => {
      observer.warn("Message could not be deferred", { messageId: delivery.messageId, error: describeError(error) });
    });
    return "kept";
  };
}

function readRequest(body: string): CopyRequest | FormatError {
  try {
    return parseCopyRequest(body);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

/** A request has ended when its receipt is written; as long as it cannot be, it is carried out again. */
async function noted(ended: Ended, request: CopyRequest, { receipts, now }: CopyDependencies): Promise<Ended> {
  const { report, record } = ended;
  if (report.outcome === "deferred" || record === undefined) return ended;
  try {
    await receipts.write(record, receiptOf(report, request, now()));
    return ended;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { report: { outcome: "deferred", reason: "unavailable", afterMs: UNNOTED_MS, error }, record };
  }
}

/** Where we write is decided by the configuration alone; a message that no rule stands behind any more is skipped. */
function createCarrier({ configuration, open, circuit, timeout, now }: CopyDependencies) {
  const speeds = keptByKey(100, () => createSpeed());
  let limitMs = 0;
  return async (request: CopyRequest, delivery: Delivery, remainingMs: number): Promise<Ended> => {
    const destination = configuration.destinations.find(({ name }) => name === request.destination);
    if (destination === undefined) {
      const error = new FormatError("destination", `"${request.destination}" is not in the configuration`);
      return { report: { outcome: "failed", reason: "unknown-destination", error } };
    }
    const to = targetRepository(request, configuration.rules, destination.prefix);
    if (to === undefined) return { report: { outcome: "skipped", reason: "no-rule" } };
    const context = open({ destination, from: request.repository, to, delivery });
    const record = tagKey(context.scope, request.reference);
    const admitted = await circuit(destination.name).admit(context.owner);
    if (admitted.kind === "refused") {
      return { report: { outcome: "deferred", reason: "circuit-open", afterMs: admitted.afterMs }, record };
    }
    const usableMs = Math.max(remainingMs - COPY_RESERVE_MS, 0);
    limitMs = Math.max(limitMs, usableMs);
    const endsAt = now() + usableMs;
    const time: TimeLeft = { limitMs, remainingMs: () => endsAt - now(), speed: speeds(destination.name) };
    const target = watchedTarget(context.target, admitted);
    try {
      return { report: await replicateTag(request, { ...context, target, time }, timeout(usableMs)), record };
    } finally {
      await admitted.end();
    }
  };
}
