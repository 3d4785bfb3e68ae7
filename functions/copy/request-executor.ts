import { COPY_RESERVE_MS } from "../../src/contract/stack/limits.ts";
import type { ImageSource } from "../../src/oci/image-source.ts";
import type { CopyReport } from "../../src/replication/outcome/copy-report.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";
import { replicateTag } from "../../src/replication/copy/replicate-tag.ts";
import { openGate } from "../../src/replication/gate/open-gate.ts";
import type { ImageGate } from "../../src/replication/gate/open-gate.ts";
import type { ReplicationRule } from "../../src/replication/rules/rule.ts";
import { notePush, tagKey } from "../../src/replication/state/tag-record.ts";
import { creditBytes } from "../../src/replication/pre-copy/pre-copy-budget.ts";
import type { PreCopyBudget } from "../../src/replication/pre-copy/pre-copy-budget.ts";
import { createBandwidthEstimates } from "../../src/replication/pacing/time-budget.ts";
import type { TimeBudget } from "../../src/replication/pacing/time-budget.ts";
import { observedTarget } from "../../src/replication/destination/observed-target.ts";
import type { Span } from "../../src/replication/spans/span.ts";
import type { Delivery } from "../../src/contract/stack/delivery.ts";
import type { ReplicateContext } from "../../src/replication/copy/copy-context.ts";
import type { CopyDependencies } from "./copy-dependencies.ts";
import { createRequestRouter } from "./route-request.ts";

/** The outcome of a delivery, with the request and the key of the tag record as far as they are known. */
export interface DeliveryResult {
  readonly report: CopyReport;
  readonly request?: CopyRequest | undefined;
  readonly record?: string | undefined;
  /** The rule that decided. */
  readonly rule?: string | undefined;
  /** How long that rule let it wait, in milliseconds: not a part of its lag. */
  readonly heldMs?: number | undefined;
}

/** What a delivery is handled with: the time left for it, and its span. */
export interface DeliveryContext {
  readonly remainingMs: number;
  /** Aborted at the end of that time, shortly before the process ends. */
  readonly ending: AbortSignal;
  /** Measures the delivery; absent where no traces are collected. */
  readonly span?: Span | undefined;
}

/** Executes requests: routes each to its destination and runs its copy, or ends it. */
export function createRequestExecutor(dependencies: CopyDependencies) {
  const { copies, queue, runtime } = dependencies;
  const { timeout, now } = runtime;
  const route = createRequestRouter(dependencies);
  const timeBudget = createTimeBudgets(now);
  const hasLongLane = queue.sendToLongLane !== undefined;

  return async (
    request: CopyRequest,
    delivery: Delivery,
    { remainingMs, ending, span }: DeliveryContext,
  ): Promise<DeliveryResult> => {
    const usableMs = Math.max(remainingMs - COPY_RESERVE_MS, 0);
    const deadline = timeout(usableMs);
    const routed = await route(request, delivery, deadline);
    if (routed.kind === "ended") return { request, ...routed };
    const { destination, to, decided } = routed;
    const context = copies.open({ destination, from: request.repository, to, delivery });
    const { identity, policy, ports, uploads } = context;
    const record = tagKey(identity.scope, request.reference);
    const about = { request, record, rule: decided.rule.name };
    if (decided.kind === "wait") {
      await recordPush(context, record, request.pushedAt, ending);
      return { ...about, report: { outcome: "deferred", reason: "too-young", afterMs: decided.until - now() } };
    }
    const { onlyAttached, digest: selectedDigest, heldMs } = decided;
    const { platforms, conflict } = decided.rule;
    const admitted = await copies.circuit(destination.name).admit(identity.owner, ending, to);
    if (admitted.kind === "refused") {
      await recordPush(context, record, request.pushedAt, ending);
      return { ...about, heldMs, report: { outcome: "deferred", reason: "circuit-open", afterMs: admitted.afterMs } };
    }
    const copying: ReplicateContext = {
      ports: { ...ports, target: observedTarget(ports.target, admitted), spans: span?.inside },
      identity,
      policy: { ...policy, onlyAttached, selectedDigest, heldMs, platforms, conflict },
      gate: gateOf(decided.rule, request, ports.source, dependencies),
      uploads: { ...uploads, time: timeBudget(destination.name, usableMs), hasLongLane },
      ending,
    };
    try {
      const report = await replicateTag(request, copying, deadline);
      await creditPreCopied(report, identity.scope, dependencies, ending);
      return { ...about, heldMs, report };
    } finally {
      await admitted.end();
    }
  };
}

/** The time of each delivery, and what deliveries before it have measured. */
function createTimeBudgets(now: () => number): (destination: string, usableMs: number) => TimeBudget {
  const bandwidthOf = createBandwidthEstimates();
  let limitMs = 0;
  return (destination, usableMs) => {
    limitMs = Math.max(limitMs, usableMs);
    const endsAt = now() + usableMs;
    return { limitMs, remainingMs: () => endsAt - now(), bandwidth: bandwidthOf(destination) };
  };
}

function gateOf(
  { gate }: ReplicationRule,
  { repository, reference }: CopyRequest,
  source: ImageSource,
  { configuration, copies }: Pick<CopyDependencies, "configuration" | "copies">,
): ImageGate | undefined {
  const about = { repository, reference, source, configuration: configuration.version };
  return gate && openGate(gate, about, copies.gatePorts);
}

/** Best effort: bytes that are not credited leave less of the budget of today's pre-copies. */
async function creditPreCopied(
  report: CopyReport,
  scope: string,
  { copies, runtime }: Pick<CopyDependencies, "copies" | "runtime">,
  ending: AbortSignal,
): Promise<void> {
  const bytes = report.outcome === "replicated" ? (report.statistics.bytesPreCopied ?? 0) : 0;
  if (bytes === 0) return;
  const credit = (known: PreCopyBudget | undefined) => creditBytes(known, bytes, runtime.now());
  await copies.preCopyBudgets.update(scope, credit, ending).catch(() => undefined);
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
