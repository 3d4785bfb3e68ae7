import { COPY_RESERVE_MS } from "../../src/contract/stack/limits.ts";
import { NEVER } from "../../src/async/abort.ts";
import type { ImageSource } from "../../src/oci/image-source.ts";
import type { CopyReport } from "../../src/replication/outcome/copy-report.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";
import { replicateTag } from "../../src/replication/copy/replicate-tag.ts";
import { openGate } from "../../src/replication/gate/open-gate.ts";
import type { ImageGate } from "../../src/replication/gate/open-gate.ts";
import type { DecidedRequest } from "../../src/replication/rules/decide-request.ts";
import type { ReplicationRule } from "../../src/replication/rules/rule.ts";
import { notePush, tagKey } from "../../src/replication/state/tag-record.ts";
import { creditBytes } from "../../src/replication/pre-copy/pre-copy-budget.ts";
import type { PreCopyBudget } from "../../src/replication/pre-copy/pre-copy-budget.ts";
import { createBandwidthEstimates } from "../../src/replication/pacing/time-budget.ts";
import type { TimeBudget } from "../../src/replication/pacing/time-budget.ts";
import { observedTarget } from "../../src/replication/destination/observed-target.ts";
import type { Admission } from "../../src/replication/destination/circuit-breaker.ts";
import type { Span } from "../../src/replication/spans/span.ts";
import type { Delivery } from "../../src/contract/stack/delivery.ts";
import type { ReplicateContext } from "../../src/replication/copy/copy-context.ts";
import type { CopyDependencies } from "./copy-dependencies.ts";
import type { DeliveryResult } from "./delivery-result.ts";
import { createRequestRouter } from "./route-request.ts";
import { askPause, endOrRest, restWhilePaused } from "./set-aside.ts";

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
  const { copies, queue } = dependencies;
  const { timeout, now } = dependencies.runtime;
  const route = createRequestRouter(dependencies);
  const timeBudget = createTimeBudgets(now);
  return async (
    request: CopyRequest,
    delivery: Delivery,
    { remainingMs, ending, span }: DeliveryContext,
  ): Promise<DeliveryResult> => {
    const usableMs = Math.max(remainingMs - COPY_RESERVE_MS, 0);
    const deadline = timeout(usableMs);
    const asking = askPause(request, dependencies, deadline);
    const routed = await route(request, delivery, deadline);
    const pause = await asking;
    if (routed.kind === "ended") return endOrRest(pause, { request, ...routed }, dependencies, ending);
    const { destination, to, decided } = routed;
    const context = copies.open({ destination, from: request.repository, to, delivery });
    const { identity, policy, ports, uploads } = context;
    const record = tagKey(identity.scope, request.reference);
    const about = { request, record, rule: decided.rule.name };
    const rest = await restWhilePaused(pause, { request, tag: { record, tags: ports.tags } }, dependencies, ending);
    if (rest !== undefined) return { ...about, ...rest };
    if (decided.kind === "wait") {
      await recordPush(context, record, request.pushedAt, ending);
      return { ...about, report: { outcome: "deferred", reason: "too-young", afterMs: decided.until - now() } };
    }
    const { heldMs } = decided;
    const admitted = await copies.circuit(destination.name).admit(identity.owner, ending, to);
    if (admitted.kind === "refused") {
      await recordPush(context, record, request.pushedAt, ending);
      return { ...about, heldMs, report: { outcome: "deferred", reason: "circuit-open", afterMs: admitted.afterMs } };
    }
    const copying: ReplicateContext = {
      ports: { ...ports, target: observedTarget(ports.target, admitted), spans: span?.inside },
      identity,
      policy: { ...policy, ...policyOf(decided) },
      gate: gateOf(decided.rule, request, ports.source, dependencies),
      uploads: {
        ...uploads,
        time: timeBudget(destination.name, usableMs),
        hasLongLane: queue.sendToLongLane !== undefined,
      },
      ending,
    };
    const report = await copyTag(request, copying, { ...dependencies, admitted }, deadline);
    return { ...about, heldMs, report };
  };
}

/** Copies the tag, and gives what a pre-copy sent of it back to the budget. */
async function copyTag(
  request: CopyRequest,
  copying: ReplicateContext,
  dependencies: CopyDependencies & { readonly admitted: Admission },
  deadline: AbortSignal,
): Promise<CopyReport> {
  try {
    const report = await replicateTag(request, copying, deadline);
    await creditPreCopied(report, copying, dependencies);
    return report;
  } finally {
    await dependencies.admitted.end();
  }
}

/** What the rule that decided says about the copy. */
function policyOf({ rule, onlyAttached, digest: selectedDigest, heldMs }: Extract<DecidedRequest, { kind: "copy" }>) {
  const { platforms, conflict } = rule;
  return { onlyAttached, selectedDigest, heldMs, platforms, conflict };
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
  { identity: { scope }, ending = NEVER }: Pick<ReplicateContext, "identity" | "ending">,
  { copies, runtime }: Pick<CopyDependencies, "copies" | "runtime">,
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
