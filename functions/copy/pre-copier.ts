import { COPY_RESERVE_MS, PRE_COPY_LIMIT_MS, PRE_COPY_MAX_AGE_MS } from "../../src/contract/stack/limits.ts";
import type { Delivery } from "../../src/contract/stack/delivery.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { traceparentOf } from "../../src/contract/telemetry/traceparent.ts";
import { createBandwidthEstimates } from "../../src/replication/pacing/time-budget.ts";
import { pushAge } from "../../src/replication/planning/copy-request.ts";
import { preCopyTarget } from "../../src/replication/planning/plan-pre-copies.ts";
import type { PreCopyRequest } from "../../src/replication/planning/pre-copy-request.ts";
import { nothingPreCopied, preCopyBlobs } from "../../src/replication/pre-copy/pre-copy-blobs.ts";
import type { PreCopyReport } from "../../src/replication/pre-copy/pre-copy-blobs.ts";
import { isAllowed } from "../../src/replication/rules/repository-overrides.ts";
import type { CopyDependencies } from "./copy-dependencies.ts";
import { endSpan } from "../../src/replication/spans/span.ts";
import { countCost } from "./report.ts";
import type { DeliveryContext } from "./request-executor.ts";

const GIGABYTE = 1e9;

/**
 * Executes pre-copies. Each ends with its first delivery, whatever happens: it is logged and counted, has no receipt, and never becomes a
 * dead letter. It does not change the circuit, and takes none of its permits.
 */
export function createPreCopier({ configuration, copies, queue, runtime, observer }: CopyDependencies) {
  const { now, timeout, memoryMegabytes } = runtime;
  // Estimates of their own: a pre-copy that stalls does not make the copies of tags slower.
  const bandwidthOf = createBandwidthEstimates();

  async function execute(
    request: PreCopyRequest,
    delivery: Delivery,
    { remainingMs, ending, span }: DeliveryContext,
  ): Promise<PreCopyReport> {
    const named = request.destination;
    const destination = configuration.destinations.find(({ name }) => name === named);
    const found = destination && preCopyTarget(request, configuration.rules, destination.prefix);
    const isServed = queue.serves(delivery, named);
    if (destination === undefined || found === undefined || !isServed) return nothingPreCopied("no-rule");
    const overrides = await copies.factSource.overrides?.(request.repository, ending);
    if (!isAllowed(named, overrides)) return nothingPreCopied("no-rule");
    if ((await copies.pauses.of(request.repository, ending)) !== undefined) return nothingPreCopied("paused");
    if (pushAge(request.pushedAt, now()) > PRE_COPY_MAX_AGE_MS) return nothingPreCopied("late");
    if (!(await copies.circuit(named).isClosed(ending))) return nothingPreCopied("circuit-open");
    const { to, platforms } = found;
    const opened = copies.open({ destination, from: request.repository, to, delivery });
    const { identity, policy, uploads } = opened;
    const ports = { ...opened.ports, spans: span?.inside };
    const limitMs = Math.min(Math.max(remainingMs - COPY_RESERVE_MS, 0), PRE_COPY_LIMIT_MS);
    const endsAt = now() + limitMs;
    const time = { limitMs, remainingMs: () => endsAt - now(), bandwidth: bandwidthOf(named) };
    const budget = { store: copies.preCopyBudgets, limitBytes: destination.preCopyGigabytesPerDay * GIGABYTE };
    const own = { policy: { ...policy, platforms }, uploads: { ...uploads, time } };
    return preCopyBlobs(request.digest, { ports, identity, ...own, budget, ending }, timeout(limitMs));
  }

  return async (request: PreCopyRequest, delivery: Delivery, time: DeliveryContext): Promise<void> => {
    const startedAt = now();
    const report = await execute(request, delivery, time).catch((error: unknown) => nothingPreCopied("failed", error));
    const { id, destination, repository, digest } = request;
    const { error, dropped, ...sent } = report;
    if (time.span !== undefined) endSpan(time.span, { ...sent, dropped }, error);
    observer.info("Pre-copy ended", {
      correlationId: id,
      traceparent: traceparentOf(id),
      destination,
      repository,
      digest,
      ...sent,
      dropped,
      error: error === undefined ? undefined : describeError(error),
    });
    if (sent.bytesPreCopied > 0) observer.count(Metric.bytesPreCopied, sent.bytesPreCopied, destination);
    if (dropped !== undefined) observer.count(Metric.preCopiesDropped, 1, destination);
    countCost(observer, sent, destination, { milliseconds: now() - startedAt, memoryMegabytes });
  };
}
