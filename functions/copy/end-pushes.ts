import type { Receipt, ReceiptOf } from "../../src/replication/outcome/receipt.ts";
import { traceparentOf } from "../../src/contract/telemetry/traceparent.ts";
import { EQUAL } from "../../src/replication/outcome/copy-report.ts";
import type { CopyReport } from "../../src/replication/outcome/copy-report.ts";
import { CANARY_TAG, LAG_GOAL } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { endAnnouncement, repairAnnouncement } from "../../src/replication/pending/announcement.ts";
import type { Announcement } from "../../src/replication/pending/announcement.ts";
import { imageKey, nameTag } from "../../src/replication/pending/image-record.ts";
import type { ImageRecord } from "../../src/replication/pending/image-record.ts";
import { acceptedFields } from "../../src/replication/pending/pending-push.ts";
import type { PendingPush } from "../../src/replication/pending/pending-push.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";
import type { CopyDependencies } from "./copy-dependencies.ts";
import type { DeliveryResult } from "./delivery-result.ts";
import { heldForMs } from "./report.ts";

/** The pushes that the end of a request ends. */
export interface EndingPushes {
  /** That of the request; undefined for a request of a comparison, and when it has ended before. */
  readonly own: PendingPush | undefined;
  /** Other pushes of the tag that have arrived, too. Their own requests are on their way, were never sent, or wait for their next delivery. */
  readonly covered: readonly PendingPush[];
}

/** A push that was accepted so long before a copy began counts as covered, however far their clocks differ; milliseconds. */
const CLOCKS_DIFFER_MS = 60_000;

/** Finds the pushes that a request ends. @param startedAt when this delivery began, and so before it read the tag; epoch milliseconds. */
export async function findEndingPushes(
  report: CopyReport,
  request: CopyRequest | undefined,
  { startedAt, pending }: { readonly startedAt: number; readonly pending: CopyDependencies["copies"]["pending"] },
  signal: AbortSignal,
): Promise<EndingPushes> {
  // A message on the queue of another destination says nothing about its push.
  const isForeign = report.outcome === "failed" && report.reason === "wrong-queue";
  if (request === undefined || isForeign) return { own: undefined, covered: [] };
  const pushes = await pending.ofTag(request, signal);
  const own = pushes.find(({ id }) => id === request.id);
  const others = pushes.filter(({ id, acceptedAt }) => id !== request.id && acceptedAt < startedAt);
  return { own, covered: EQUAL.includes(report.outcome) ? coveredBy(report, { own, others, startedAt }) : [] };
}

/**
 * The pushes that have arrived with the image of a copy: those of its digest, those that were accepted long before it began, and those that are older,
 * by the source's clock, than one that ends. A killed delivery of such a push is delivered again only after minutes, which would be too late.
 */
function coveredBy(
  report: CopyReport,
  {
    own,
    others,
    startedAt,
  }: Pick<EndingPushes, "own"> & { readonly others: PendingPush[]; readonly startedAt: number },
): readonly PendingPush[] {
  const arrived = "digest" in report ? (report.origin?.digest ?? report.digest) : undefined;
  const isThere = ({ acceptedAt, digest }: PendingPush): boolean =>
    acceptedAt < startedAt - CLOCKS_DIFFER_MS || (digest !== undefined && digest === arrived);
  const ended = [...(own === undefined ? [] : [own]), ...others.filter(isThere)];
  const newestAt = Math.max(0, ...ended.map(({ pushedAt }) => pushedAt));
  const isOlder = ({ pushedAt }: PendingPush): boolean => pushedAt > 0 && pushedAt < newestAt;
  return others.filter((push) => isThere(push) || isOlder(push));
}

/** Ends pushes: each older one gets a receipt of its own first. Each is announced before it ends, from the receipt that is kept. */
export async function endPushes(
  { own, covered }: EndingPushes,
  { about, receipt }: { readonly about: ReceiptOf; readonly receipt: Receipt },
  dependencies: CopyDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { receipts } = dependencies.copies;
  for (const push of covered) {
    const kept = await receipts.write(about, supersededBy(push, receipt), signal);
    await endPush(push, kept, dependencies, signal);
  }
  if (own !== undefined) await endPush(own, receipt, dependencies, signal);
}

/**
 * Announces that a request without a push has repaired its tag: a comparison's, or one that an operator has moved back. A push whose end a newer copy
 * has covered is announced already. A crash between the settlement of the tag and this loses the announcement; the next delivery finds nothing to repair.
 */
export async function announceRepair(
  { report, receipt }: { readonly report: CopyReport; readonly receipt: Receipt },
  { announce }: Pick<CopyDependencies["queue"], "announce">,
  signal: AbortSignal,
): Promise<void> {
  const repair = report.repairs === true ? repairAnnouncement(receipt) : undefined;
  if (repair !== undefined) await announce(repair, signal);
}

async function endPush(
  push: PendingPush,
  receipt: Receipt,
  { copies: { pending }, queue: { announce }, observer }: CopyDependencies,
  signal: AbortSignal,
): Promise<void> {
  const announcement = endAnnouncement(receipt, LAG_GOAL.withinMs);
  if (announcement !== undefined) await announce(announcement, signal);
  await pending.end(push, signal);
  if (announcement !== undefined) countEnd(announcement, push, observer);
}

/** Counts whether the goal was met, of images of people. A push that the probe found late is counted already. */
function countEnd({ type, destination }: Announcement, { lateAt, reference }: PendingPush, observer: Observer): void {
  if (reference === CANARY_TAG) return;
  if (type === "Replicated") observer.count(Metric.onTime, 1, destination);
  const isMissed = type === "LateArrived" || type === "Failed";
  if (isMissed && lateAt === undefined) observer.count(Metric.late, 1, destination);
}

/** The receipt of a push that the copy of a newer one, or of a comparison, covered. */
function supersededBy(push: PendingPush, { endedAt, digest, configuration, rule }: Receipt): Receipt {
  const { id, destination, repository, reference, pushedAt } = push;
  return {
    id,
    destination,
    repository,
    reference,
    pushedAt,
    endedAt,
    traceparent: traceparentOf(id),
    ...acceptedFields(push),
    ...(digest === undefined ? {} : { digest }),
    ...(configuration === undefined ? {} : { configuration }),
    ...(rule === undefined ? {} : { rule }),
    outcome: "superseded",
    reason: "newer-push",
  };
}

/**
 * Notes where the record of the image is, and that its rule holds its push. Best effort: without the first its status is found by a scan;
 * without the second it counts as late too early.
 */
export async function noteRequest(
  { report, request, record }: DeliveryResult,
  { copies: { pending, images }, runtime: { now } }: Pick<CopyDependencies, "copies" | "runtime">,
  signal: AbortSignal,
): Promise<void> {
  if (request === undefined) return;
  if (record !== undefined) {
    const name = (known: ImageRecord | undefined) => nameTag(known, request.destination, record);
    await images.update(imageKey(request), name, signal).catch(() => undefined);
  }
  const heldMs = heldForMs(report);
  if (heldMs === undefined) return;
  await pending.note(request, { heldUntil: now() + heldMs }, signal).catch(() => undefined);
}
