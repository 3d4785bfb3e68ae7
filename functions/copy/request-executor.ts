import { createLruCache } from "../../src/async/lru.ts";
import { COPY_RESERVE_MS } from "../../src/contract/stack/limits.ts";
import { FormatError } from "../../src/oci/errors/format-error.ts";
import type { CopyReport } from "../../src/replication/outcome/copy-report.ts";
import { parseCopyRequest } from "../../src/replication/planning/copy-request.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";
import { selectedRepository, targetRepository } from "../../src/replication/planning/plan-copies.ts";
import { replicateTag } from "../../src/replication/copy/replicate-tag.ts";
import { notePush, tagKey } from "../../src/replication/state/tag-record.ts";
import { createBandwidthEstimate } from "../../src/replication/pacing/time-budget.ts";
import type { TimeBudget } from "../../src/replication/pacing/time-budget.ts";
import { observedTarget } from "../../src/replication/destination/observed-target.ts";
import type { CopyDependencies, Delivery } from "./handler.ts";

/** How a delivery ended, the request it was about, and the key of the tag's record: as far as they are known. */
export interface DeliveryResult {
  readonly report: CopyReport;
  readonly request?: CopyRequest | undefined;
  readonly record?: string | undefined;
}

/** The time of a delivery. */
export interface DeliveryTime {
  readonly remainingMs: number;
  /** Aborted when that is over, and the process with it. */
  readonly ending: AbortSignal;
}

/** The request in a message's body, or why there is none. */
export function readRequest(body: string): CopyRequest | FormatError {
  try {
    return parseCopyRequest(body);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

/**
 * Carries out a request. Where we write is decided by the configuration and the queue alone: a message on the queue of another
 * destination is buried, and one that no rule stands behind any more is skipped.
 */
export function createRequestExecutor({
  configuration,
  open,
  circuit,
  serves,
  timeout,
  now,
  sendToLongLane,
}: CopyDependencies) {
  const speeds = createLruCache(100, () => createBandwidthEstimate());
  const hasLongLane = sendToLongLane !== undefined;
  let limitMs = 0;
  return async (
    request: CopyRequest,
    delivery: Delivery,
    { remainingMs, ending }: DeliveryTime,
  ): Promise<DeliveryResult> => {
    const named = request.destination;
    const destination = configuration.destinations.find(({ name }) => name === named);
    if (destination === undefined) return refused(request, "unknown-destination", "is not in the configuration");
    if (!serves(delivery, named)) return refused(request, "wrong-queue", "is not the destination of this queue");
    const to = targetRepository(request, configuration.rules, destination.prefix);
    if (to === undefined) return { request, report: { outcome: "skipped", reason: "no-rule" } };
    const context = open({ destination, from: request.repository, to, delivery });
    const record = tagKey(context.identity.scope, request.reference);
    const admitted = await circuit(named).admit(context.identity.owner, ending, to);
    if (admitted.kind === "refused") {
      // The comparison tells by this that the event has arrived; a note that fails costs a wrong count.
      await context.ports.tags
        .update(record, (known) => notePush(known, request.pushedAt), ending)
        .catch(() => undefined);
      return { request, report: { outcome: "deferred", reason: "circuit-open", afterMs: admitted.afterMs }, record };
    }
    const usableMs = Math.max(remainingMs - COPY_RESERVE_MS, 0);
    limitMs = Math.max(limitMs, usableMs);
    const endsAt = now() + usableMs;
    const time: TimeBudget = { limitMs, remainingMs: () => endsAt - now(), bandwidth: speeds(named) };
    const target = observedTarget(context.ports.target, admitted);
    const onlyAttached = selectedRepository(request, configuration.rules, destination.prefix) === undefined;
    const copying = {
      ports: { ...context.ports, target },
      identity: context.identity,
      policy: { ...context.policy, onlyAttached },
      uploads: { ...context.uploads, time, hasLongLane },
      ending,
    };
    try {
      return { request, report: await replicateTag(request, copying, timeout(usableMs)), record };
    } finally {
      await admitted.end();
    }
  };
}

function refused(request: CopyRequest, reason: "unknown-destination" | "wrong-queue", problem: string): DeliveryResult {
  const error = new FormatError("destination", `"${request.destination}" ${problem}`);
  return { request, report: { outcome: "failed", reason, error } };
}
