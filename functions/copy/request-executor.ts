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
import type { Delivery } from "../../src/contract/stack/delivery.ts";
import type { ReplicateContext } from "../../src/replication/copy/copy-context.ts";
import type { CopyDependencies } from "./copy-dependencies.ts";

/** The outcome of a delivery, with the request and the key of the tag record as far as they are known. */
export interface DeliveryResult {
  readonly report: CopyReport;
  readonly request?: CopyRequest | undefined;
  readonly record?: string | undefined;
}

/** The time left for a delivery. */
export interface DeliveryTime {
  readonly remainingMs: number;
  /** Aborted at the end of that time, shortly before the process ends. */
  readonly ending: AbortSignal;
}

/** The request in a message's body, or why the body is malformed. */
export function readRequest(body: string): CopyRequest | FormatError {
  try {
    return parseCopyRequest(body);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

/** Destinations whose bandwidth estimate is kept. */
const BANDWIDTH_ESTIMATES = 100;

/**
 * Executes requests. Only the configuration and the queue decide where a copy writes: a message on the queue of another
 * destination fails, and a request that no rule selects any more is skipped.
 */
export function createRequestExecutor({ configuration, copies, queue, runtime }: CopyDependencies) {
  const { timeout, now } = runtime;
  const bandwidthOf = createLruCache(BANDWIDTH_ESTIMATES, () => createBandwidthEstimate());
  const hasLongLane = queue.sendToLongLane !== undefined;
  let limitMs = 0;

  function timeBudget(destination: string, usableMs: number): TimeBudget {
    limitMs = Math.max(limitMs, usableMs);
    const endsAt = now() + usableMs;
    return { limitMs, remainingMs: () => endsAt - now(), bandwidth: bandwidthOf(destination) };
  }

  return async (
    request: CopyRequest,
    delivery: Delivery,
    { remainingMs, ending }: DeliveryTime,
  ): Promise<DeliveryResult> => {
    const named = request.destination;
    const destination = configuration.destinations.find(({ name }) => name === named);
    if (destination === undefined) return refused(request, "unknown-destination", "is not in the configuration");
    if (!queue.serves(delivery, named)) return refused(request, "wrong-queue", "is not the destination of this queue");
    const to = targetRepository(request, configuration.rules, destination.prefix);
    if (to === undefined) return { request, report: { outcome: "skipped", reason: "no-rule" } };
    const context = copies.open({ destination, from: request.repository, to, delivery });
    const { identity, policy, ports, uploads } = context;
    const record = tagKey(identity.scope, request.reference);
    const admitted = await copies.circuit(named).admit(identity.owner, ending, to);
    if (admitted.kind === "refused") {
      await recordPush(context, record, request.pushedAt, ending);
      return { request, report: { outcome: "deferred", reason: "circuit-open", afterMs: admitted.afterMs }, record };
    }
    const usableMs = Math.max(remainingMs - COPY_RESERVE_MS, 0);
    const time = timeBudget(named, usableMs);
    const onlyAttached = selectedRepository(request, configuration.rules, destination.prefix) === undefined;
    const copying: ReplicateContext = {
      ports: { ...ports, target: observedTarget(ports.target, admitted) },
      identity,
      policy: { ...policy, onlyAttached },
      uploads: { ...uploads, time, hasLongLane },
      ending,
    };
    try {
      return { request, report: await replicateTag(request, copying, timeout(usableMs)), record };
    } finally {
      await admitted.end();
    }
  };
}

/** Best effort. It tells the comparison that the event of a push has arrived; otherwise the push is counted as missed. */
async function recordPush(
  { ports: { tags } }: ReplicateContext,
  record: string,
  pushedAt: number,
  ending: AbortSignal,
): Promise<void> {
  await tags.update(record, (known) => notePush(known, pushedAt), ending).catch(() => undefined);
}

function refused(request: CopyRequest, reason: "unknown-destination" | "wrong-queue", problem: string): DeliveryResult {
  const error = new FormatError("destination", `"${request.destination}" ${problem}`);
  return { request, report: { outcome: "failed", reason, error } };
}
