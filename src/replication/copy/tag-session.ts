import { NEVER } from "../../async/abort.ts";
import { contentsOf } from "../contents/contents-of.ts";
import type { DecidedConflict } from "../outcome/conflict.ts";
import type { CopyReport } from "../outcome/copy-report.ts";
import { lastOutcome, withRepair } from "../outcome/copy-report.ts";
import type { LastOutcome } from "../outcome/outcome.ts";
import { createUploadScheduler } from "../pacing/upload-scheduler.ts";
import type { UploadScheduler } from "../pacing/upload-scheduler.ts";
import { createBlobsInFlight } from "../state/blobs-in-flight.ts";
import { createCopyProgress } from "../state/copy-progress.ts";
import type { BlobInFlight, CopyProgress, ObserveCopy } from "../state/copy-progress.ts";
import type { RenewableLease } from "../state/lease-heartbeat.ts";
import { endDelivery, renewTag } from "../state/tag-record.ts";
import type { ClaimedTag, Renewal, TagRecord } from "../state/tag-record.ts";
import { settleTag } from "../state/tag-settlement.ts";
import type { DeliveryEffect, SettledTag, Settlement } from "../state/tag-settlement.ts";
import type { ReplicateContext } from "./copy-context.ts";
import type { CopiedImage } from "./copy-image.ts";
import { createDeliveryProgress, effectOnNextDelivery, NoProgressError } from "./delivery-progress.ts";
import type { DeliveryProgress } from "./delivery-progress.ts";
import type { Digest } from "../../oci/digest.ts";
import { createCancellation } from "../holds/cancellation.ts";
import type { Cancellation } from "../holds/cancellation.ts";
import { createPutAnnouncements } from "../conflict/put-announcements.ts";
import type { PutAnnouncements } from "../conflict/put-announcements.ts";
import { createNewerPushGuard } from "./newer-push-guard.ts";
import type { NewerPushGuard } from "./newer-push-guard.ts";

/** What the record of a tag said when its lease was taken. */
export type LeasedTag = Extract<ClaimedTag, { kind: "leased" }>;

/** One delivery, while it holds the lease of its tag. */
export interface TagSession {
  readonly claim: LeasedTag;
  /** Each renewal also reports newer pushes to the `guard`. */
  readonly lease: RenewableLease;
  readonly guard: NewerPushGuard;
  readonly puts: PutAnnouncements;
  /** Each renewal also reports what operators have cancelled to it. */
  readonly cancellation: Cancellation;
  /** Notes which image of the source is copied: the record names it. */
  readonly noteImage: (digest: Digest) => void;
  readonly copying: { readonly observe: ObserveCopy; readonly scheduler: UploadScheduler | undefined };
  /** The image is at the target, under its tag. */
  readonly copied: (image: Pick<CopiedImage, "tree" | "cosignTags">) => void;
  readonly ending: SessionEnding;
}

/** How a session ends, which depends on the progress of this delivery and of those before it. */
export interface SessionEnding {
  /** The report of a request that fails before it is copied: too many earlier deliveries made no progress. */
  exhausted(): CopyReport | undefined;
  /** Turns a deferral into a failure when too many deliveries in a row made no progress. */
  assess(report: CopyReport): CopyReport;
  /** Adds the bytes that the delivery sent, and whether it repaired what the one before left. */
  withDelivery(report: CopyReport): CopyReport;
  /** Records how the delivery ended, and releases the lease. */
  settle(report: CopyReport): Promise<SettledTag>;
  /** Records that the delivery ended, and leaves the lease to expire. */
  leave(): Promise<void>;
}

export function openTagSession(claim: LeasedTag, context: ReplicateContext): TagSession {
  const { clock } = context.ports;
  const { leaseMs } = context.identity;
  const { fruitless, width, wantedAt, own } = claim;
  const { ending = NEVER } = context;
  const { time } = context.uploads;
  const progress = createCopyProgress();
  const inFlight = createBlobsInFlight();
  const delivery = createDeliveryProgress();
  const scheduler = time && createUploadScheduler({ budget: time, clock, maxUploads: width });
  const guard = createNewerPushGuard(wantedAt);
  const puts = createPutAnnouncements(own);
  const cancellation = createCancellation();
  cancellation.note(claim.cancel, wantedAt);
  let wanted: Digest | undefined;
  let noted: Promise<unknown> | undefined;
  let image: Pick<CopiedImage, "tree" | "cosignTags"> | undefined;

  const done = () => {
    const reached = withBlobs(progress.read(), inFlight.largest());
    return { progress: reached, finished: delivery.finished(), image: wanted, put: puts.last() };
  };
  const renew = createRenewal(claim, context, { done, guard, cancellation });

  return {
    claim,
    lease: { leaseMs, renew },
    guard,
    puts,
    cancellation,
    noteImage: (digest) => (wanted = digest),
    copying: {
      scheduler,
      observe(event) {
        progress.observe(event);
        inFlight.observe(event);
        delivery.observe(event);
        // After killed deliveries, the first progress is recorded at once: this delivery may be killed soon, too.
        if (fruitless > 0 && delivery.finished() === 1) noted ??= renew(ending).catch(() => undefined);
      },
    },
    copied: (copied) => (image = copied),
    ending: createEnding(claim, context, {
      delivery,
      scheduler,
      noted: () => noted,
      image: () => image,
      wanted: () => wanted,
    }),
  };
}

/** Renews the lease, and tells the guards what others have written to the record. */
function createRenewal(
  { lease, wantedAt }: LeasedTag,
  { ports: { tags, clock }, identity: { leaseMs } }: ReplicateContext,
  {
    done,
    guard,
    cancellation,
  }: Pick<TagSession, "guard" | "cancellation"> & { readonly done: () => Omit<Renewal, "until"> },
): (signal: AbortSignal) => Promise<boolean> {
  return async (signal) => {
    const renewal = { until: clock.now() + leaseMs, ...done() };
    const renewed = await tags.update(lease.key, (record) => renewTag(record, lease, renewal), signal);
    if (renewed.kind === "lost") return false;
    if (renewed.newerPushAt !== undefined) guard.noteNewerPush(renewed.newerPushAt);
    cancellation.note(renewed.cancel, Math.max(wantedAt, renewed.newerPushAt ?? 0));
    return true;
  };
}

function withBlobs(progress: CopyProgress | undefined, inFlight: readonly BlobInFlight[]): CopyProgress | undefined {
  return progress === undefined || inFlight.length === 0 ? progress : { ...progress, inFlight: [...inFlight] };
}

interface Delivery {
  readonly delivery: DeliveryProgress;
  readonly scheduler: UploadScheduler | undefined;
  /** The write of the first progress: it must end before the last write. */
  readonly noted: () => Promise<unknown> | undefined;
  /** The image that was copied. */
  readonly image: () => Pick<CopiedImage, "tree" | "cosignTags"> | undefined;
  /** The image of the source that was to be copied. */
  readonly wanted: () => Digest | undefined;
}

function createEnding(
  { lease, fruitless, width: maxUploads, last: before }: LeasedTag,
  { ports: { tags, clock, contents }, policy: { maxAttempts }, ending = NEVER }: ReplicateContext,
  { delivery, scheduler, noted, image, wanted }: Delivery,
): SessionEnding {
  const effect = (report: CopyReport): DeliveryEffect => {
    const maxConcurrent = scheduler?.maxConcurrent() ?? 0;
    return effectOnNextDelivery(report, { progress: delivery, fruitlessBefore: fruitless, maxConcurrent, maxUploads });
  };

  /** Bytes sent are paid for, whether their blob was completed or not. */
  function withDelivery(report: CopyReport): CopyReport {
    const bytesSent = delivery.bytesSent();
    return withRepair(bytesSent === 0 ? report : { ...report, bytesSent }, before);
  }

  /** People look at it, nothing else: a copy does not fail for it. */
  async function keepContents({ outcome }: CopyReport): Promise<void> {
    const copied = image();
    if (contents === undefined || copied === undefined || outcome !== "replicated") return;
    const found = contentsOf(copied.tree, copied.cosignTags);
    await contents.write(lease.key, found, ending).catch(() => undefined);
  }

  return {
    exhausted: () => (fruitless < maxAttempts ? undefined : exhaustedBy(fruitless)),
    assess(report) {
      const after = effect(report).fruitless;
      const isOver = report.outcome === "deferred" && after > fruitless && after >= maxAttempts;
      return withDelivery(isOver ? exhaustedBy(after) : report);
    },
    withDelivery,
    async settle(report) {
      await noted();
      const last = lastOutcome(report, before, clock.now());
      const settlement = settlementOf(report, last, { ...effect(report), image: wanted() }, clock.now());
      // Not aborted by the deadline: the lease must not outlive its delivery, and the outcome must not be lost.
      const settling = tags.update(lease.key, (record) => settleTag(record, lease, settlement), ending);
      const [settled] = await Promise.all([settling, keepContents(report)]);
      return settled;
    },
    async leave() {
      await noted();
      // If this write fails, the delivery counts as one that was killed.
      await tags.update(lease.key, (record) => endDelivery(record, lease), ending).catch(() => undefined);
    },
  };
}

function exhaustedBy(deliveries: number): CopyReport {
  return { outcome: "failed", reason: "attempts-exhausted", error: new NoProgressError(deliveries) };
}

function settlementOf(
  report: CopyReport,
  last: LastOutcome,
  effect: DeliveryEffect & { readonly image: Digest | undefined },
  now: number,
): Settlement {
  const conflict = settledConflict(report, now);
  switch (report.outcome) {
    case "replicated":
    case "unchanged":
    case "superseded": {
      if (report.conflict?.decision === "rename") return { kind: "completed", last, conflict };
      return { kind: "completed", last, replicated: { ...replicatedBy(report), at: now }, conflict };
    }
    case "deferred": {
      const kind = report.reason === "attempt-failed" ? "attempt-failed" : "deferred";
      const { tooLarge, tooLargeTries, gateWait } = report;
      return { kind, last, tooLarge, tooLargeTries, gateWait, ...effect };
    }
    case "skipped":
      return { kind: "completed", last, conflict, cancelled: report.cancelled?.digest };
    case "quarantined":
    case "failed":
      return { kind: "completed", last, conflict };
  }
}

function replicatedBy({
  digest,
  origin,
  conflict,
}: Extract<CopyReport, { outcome: "replicated" | "unchanged" | "superseded" }>): Omit<
  NonNullable<TagRecord["replicated"]>,
  "at"
> {
  return { digest, ...(origin && { origin }), ...(conflict?.decision === "merge" && { merged: true }) };
}

/** What the comparison must know of a conflict. After an overwrite, the target is equal. */
function settledConflict({ conflict, origin }: CopyReport, at: number): DecidedConflict | undefined {
  if (conflict === undefined || conflict.decision === "overwrite") return undefined;
  const { decision: _decision, found: _found, ...decided } = conflict;
  return { ...decided, source: origin?.digest ?? decided.source, at };
}
