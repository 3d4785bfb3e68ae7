import type { Configuration, Destination } from "../../src/contract/configuration.ts";
import { COPY_RESERVE_MS } from "../../src/contract/limits.ts";
import { describeError } from "../../src/contract/observer.ts";
import type { Observer } from "../../src/contract/observer.ts";
import { FormatError } from "../../src/oci/format-error.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import type { CopyReport } from "../../src/replication/copy-report.ts";
import { parseCopyRequest } from "../../src/replication/copy-request.ts";
import type { CopyRequest } from "../../src/replication/copy-request.ts";
import { targetRepository } from "../../src/replication/plan-copies.ts";
import { replicateTag } from "../../src/replication/replicate-tag.ts";
import type { ReplicateTag } from "../../src/replication/replicate-tag.ts";
import { countReport, logReport } from "./report.ts";

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
  readonly messageId: string;
}

export interface CopyDependencies {
  readonly configuration: Configuration;
  /** Source, target and parameters of a copy along a route. */
  readonly open: (route: Route) => ReplicateTag;
  /** Shows the message again after a while. */
  readonly defer: (delivery: Delivery, afterMs: number) => Promise<void>;
  /** Keeps the message with its reason where people look after it. */
  readonly bury: (delivery: Delivery, verdict: { readonly reason: string; readonly message: string }) => Promise<void>;
  /** Aborted after so many milliseconds. */
  readonly timeout: (ms: number) => AbortSignal;
  readonly observer: Observer;
}

/** What becomes of the message: the queue may delete it, or keeps it until it shows again. */
export type Fate = "done" | "kept";

/** Carries out one delivery within the time left, and sees to what becomes of its message. */
export function createHandler(dependencies: CopyDependencies) {
  const { defer, bury, observer } = dependencies;
  return async (delivery: Delivery, remainingMs: number): Promise<Fate> => {
    const request = readRequest(delivery.body);
    const report =
      request instanceof FormatError
        ? ({ outcome: "failed", reason: "malformed-message", error: request } as const)
        : await carryOut(dependencies, request, delivery.messageId, remainingMs);
    const known = request instanceof FormatError ? undefined : request;
    logReport(observer, report, known, delivery);
    countReport(observer, report, known?.destination);
    if (report.outcome === "failed") {
      await bury(delivery, { reason: report.reason, message: describeError(report.error) });
    }
    if (report.outcome !== "deferred") return "done";
    await defer(delivery, report.afterMs);
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

/** Where we write is decided by the configuration alone; a message that no rule stands behind any more is skipped. */
async function carryOut(
  { configuration, open, timeout }: CopyDependencies,
  request: CopyRequest,
  messageId: string,
  remainingMs: number,
): Promise<CopyReport> {
  const destination = configuration.destinations.find(({ name }) => name === request.destination);
  if (destination === undefined) {
    const error = new FormatError("destination", `"${request.destination}" is not in the configuration`);
    return { outcome: "failed", reason: "unknown-destination", error };
  }
  const to = targetRepository(request, configuration.rules, destination.prefix);
  if (to === undefined) return { outcome: "skipped", reason: "no-rule" };
  const deadline = timeout(Math.max(remainingMs - COPY_RESERVE_MS, 0));
  return replicateTag(request, open({ destination, from: request.repository, to, messageId }), deadline);
}
