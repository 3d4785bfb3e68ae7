import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { UNTAGGED_DELAY_SECONDS } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { traceparentOf } from "../../src/contract/telemetry/traceparent.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";
import { readForwarded } from "../../src/replication/arrivals/forwarded.ts";
import type { DeletionRecord } from "../../src/replication/deletes/deletion-record.ts";
import { planTombstones } from "../../src/replication/deletes/note-delete.ts";
import type { RecordStore } from "../../src/replication/state/record-store.ts";
import { noteDelete } from "./note-delete.ts";
import { readEcrEvent } from "../../src/replication/planning/push-event.ts";
import type { FinalOutcome, SkipReason } from "../../src/replication/outcome/outcome.ts";
import { planCopies } from "../../src/replication/planning/plan-copies.ts";
import { planPreCopies } from "../../src/replication/planning/plan-pre-copies.ts";
import type { PreCopyRequest } from "../../src/replication/planning/pre-copy-request.ts";
import type { DeletedImage, ImagePushed } from "../../src/replication/planning/push-event.ts";
import { acceptedPush } from "../../src/replication/pending/pending-push.ts";
import type { PushAcceptor } from "../../src/replication/pending/pending-push.ts";
import type { Receipts } from "../../src/replication/outcome/receipt.ts";

export interface FanOutDependencies {
  readonly configuration: Configuration;
  /** Queues pre-copies, at a lower priority than copies. @throws when one is not queued: then it is lost. */
  readonly sendPreCopies: (requests: readonly PreCopyRequest[], signal: AbortSignal) => Promise<void>;
  /** Queues every request, visible after `delaySeconds`. @throws when one is not queued: then Lambda retries the event. */
  readonly send: (requests: readonly CopyRequest[], signal: AbortSignal, delaySeconds: number) => Promise<void>;
  readonly pushes: PushAcceptor;
  readonly receipts: Receipts;
  readonly deletions: RecordStore<DeletionRecord>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly observer: Observer;
}

/** The outcome of an event. */
export type FanOutReport =
  | { readonly outcome: "requested"; readonly requests: number }
  | { readonly outcome: "tombstones"; readonly tombstones: number }
  | { readonly outcome: "ignored"; readonly reason: string }
  | { readonly outcome: "malformed"; readonly problem: string };

/**
 * Handles one event of ECR or of the arrivals function: queues one copy request per destination, each of which ends in its own receipt, may
 * queue pre-copies, and records deletes. An event that requires no copy, or is malformed, ends here with a receipt: a retry would change
 * nothing.
 * @param invocation id of the invocation, the same in Lambda's retries; it stands in for the id of an event without one.
 */
export function createHandler(dependencies: FanOutDependencies) {
  const { configuration, send, observer } = dependencies;
  return async (event: unknown, invocation: string, signal: AbortSignal): Promise<FanOutReport> => {
    const { source } = configuration;
    const read = source.kind === "ecr" ? readEcrEvent(event, source) : readForwarded(event);
    if (read.kind === "malformed") {
      const { id = invocation, problem } = read;
      await writeReceipt(id, { outcome: "failed", reason: "malformed-event" }, dependencies, signal);
      observer.error("Event outside of its schema; nothing is copied for it", { correlationId: id, problem });
      observer.count(Metric.malformed, 1);
      return { outcome: "malformed", problem };
    }
    if (read.kind === "deleted") return handleDelete(read.deleted, dependencies, signal);
    if (read.kind === "ignored") return ignore(read, { reason: "event-ignored" }, dependencies, signal);
    const planned = planCopies(read.pushed, configuration.rules);
    if (planned.kind === "skipped") {
      const reason = planned.reason === "no-rule" ? "no rule matches" : `the rules say ${planned.reason}`;
      return ignore({ id: read.pushed.id, reason }, planned, dependencies, signal);
    }
    const { requests } = planned;
    const preCopies = requestPreCopies(read.pushed, dependencies, signal);
    if (!read.pushed.isUntagged) await acceptAll(requests, read.pushed.digest, dependencies, signal);
    await send(requests, signal, read.pushed.isUntagged ? UNTAGGED_DELAY_SECONDS : 0);
    await preCopies;
    for (const { id, destination, repository, reference } of requests) {
      const about = { correlationId: id, traceparent: traceparentOf(id), destination, repository, reference };
      observer.info("Copy requested", { ...about, configuration: configuration.version });
      observer.count(Metric.requested, 1, destination);
    }
    return { outcome: "requested", requests: requests.length };
  };
}

/**
 * Before the requests are sent: a copy may end before a later write. Content without a tag is most likely a child of an index, which is
 * accepted itself.
 */
async function acceptAll(
  requests: readonly CopyRequest[],
  digest: ImagePushed["digest"],
  { pushes, now }: FanOutDependencies,
  signal: AbortSignal,
): Promise<void> {
  const acceptedAt = now();
  await Promise.all(requests.map((request) => pushes.accept(acceptedPush(request, acceptedAt, digest), signal)));
}

/** A delete at the source copies nothing. It may ask for tombstones. */
async function handleDelete(
  deleted: DeletedImage,
  dependencies: FanOutDependencies,
  signal: AbortSignal,
): Promise<FanOutReport> {
  const { id } = deleted;
  const { rules, destinations } = dependencies.configuration;
  const planned = planTombstones(deleted, rules, destinations);
  if (planned.length === 0)
    return ignore({ id, reason: "action DELETE" }, { reason: "event-ignored" }, dependencies, signal);
  await noteDelete(deleted, planned, dependencies, signal);
  await writeReceipt(id, { outcome: "skipped", reason: "source-gone" }, dependencies, signal);
  return { outcome: "tombstones", tombstones: planned.length };
}

/** Best effort: never throws. An event without its pre-copies costs time only. */
async function requestPreCopies(
  pushed: ImagePushed,
  { configuration: { rules, destinations }, sendPreCopies, observer }: FanOutDependencies,
  signal: AbortSignal,
): Promise<void> {
  const isAllowed = ({ destination }: PreCopyRequest): boolean =>
    destinations.some(({ name, preCopyGigabytesPerDay }) => name === destination && preCopyGigabytesPerDay > 0);
  const requests = planPreCopies(pushed, rules).filter(isAllowed);
  if (requests.length === 0) return;
  await sendPreCopies(requests, signal).catch((error: unknown) => {
    observer.warn("Pre-copies could not be requested", { correlationId: pushed.id, error: describeError(error) });
  });
}

async function ignore(
  { id, reason }: { readonly id: string; readonly reason: string },
  skipped: { readonly reason: SkipReason; readonly rule?: string | undefined },
  dependencies: FanOutDependencies,
  signal: AbortSignal,
): Promise<FanOutReport> {
  const { observer } = dependencies;
  const { rule } = skipped;
  const outcome = { outcome: "skipped", reason: skipped.reason } as const;
  await writeReceipt(id, rule === undefined ? outcome : { ...outcome, rule }, dependencies, signal);
  observer.info("Event asks for no copy", {
    correlationId: id,
    reason,
    rule,
    configuration: dependencies.configuration.version,
  });
  observer.count(Metric.ignored, 1);
  return { outcome: "ignored", reason };
}

/** @throws {StoreError} when the receipt cannot be written: then Lambda retries the event. */
async function writeReceipt(
  id: string,
  outcome: FinalOutcome & { readonly rule?: string },
  { configuration, receipts, now }: FanOutDependencies,
  signal: AbortSignal,
): Promise<void> {
  const about = { id, endedAt: now(), traceparent: traceparentOf(id), configuration: configuration.version };
  const receipt = { ...about, ...outcome };
  await receipts.write({ kind: "event", id }, receipt, signal);
}
