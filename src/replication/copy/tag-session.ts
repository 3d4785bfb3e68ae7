import type { Clock } from "../../async/clock.ts";
import { createCopyProgress } from "../state/copy-progress.ts";
import type { ObserveCopy } from "../state/copy-progress.ts";
import type { CopyReport } from "../outcome/copy-report.ts";
import { createDeliveryProgress, effectOnNextDelivery, NoProgressError } from "./delivery-progress.ts";
import { createUploadScheduler } from "../pacing/upload-scheduler.ts";
import { NEVER } from "../../async/abort.ts";
import type { UploadScheduler } from "../pacing/upload-scheduler.ts";
import { createStaleCopyGuard } from "./stale-copy-guard.ts";
import type { StaleCopyGuard } from "./stale-copy-guard.ts";
import { lastOutcome } from "../outcome/outcome.ts";
import type { LastOutcome } from "../outcome/outcome.ts";
import type { RecordStore } from "../state/record-store.ts";
import { endDelivery, renewTag } from "../state/tag-record.ts";
import { settleTag } from "../state/tag-settlement.ts";
import type { ClaimedTag, TagRecord } from "../state/tag-record.ts";
import type { DeliveryEffect, SettledTag, Settlement } from "../state/tag-settlement.ts";
import type { TimeBudget } from "../pacing/time-budget.ts";

type LeasedTag = Extract<ClaimedTag, { kind: "leased" }>;

/** One delivery at a tag that it holds the lease of: what it has done, and how it ends. */
export interface TagDelivery {
  /** Renews the lease; false when it is ours no more. */
  readonly renew: (signal: AbortSignal) => Promise<boolean>;
  readonly observe: ObserveCopy;
  /** What its renewals hear of newer pushes. */
  readonly newerPush: StaleCopyGuard;
  /** The line to the destination; undefined where nothing has to fit into a time. */
  readonly line: UploadScheduler | undefined;
  /** Why the request is given up before this delivery begins: too many before it brought nothing. */
  givenUp(): CopyReport | undefined;
  /** What a report means after what this delivery, and those before it, brought to the target. */
  weighed(report: CopyReport): CopyReport;
  /** A report with what the delivery sent. */
  priced(report: CopyReport): CopyReport;
  /** Notes how the delivery ended, and lets go of the lease. */
  settle(report: CopyReport): Promise<SettledTag>;
  /** Ends the delivery, and leaves the lease until it runs out. */
  leave(): Promise<void>;
}

export interface HoldTag {
  readonly tags: RecordStore<TagRecord>;
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly maxAttempts: number;
  readonly time?: TimeBudget | undefined;
  /** As in `CopyContext`. */
  readonly ending?: AbortSignal | undefined;
}

export function holdTag(claimed: LeasedTag, context: HoldTag): TagDelivery {
  const { tags, clock, leaseMs, maxAttempts, time, ending = NEVER } = context;
  const { lease, fruitless } = claimed;
  const progress = createCopyProgress();
  const effort = createDeliveryProgress();
  const line = time && createUploadScheduler({ budget: time, clock, maxUploads: claimed.width });
  const { width: allowed } = claimed;
  const effect = (report: CopyReport): DeliveryEffect =>
    effectOnNextDelivery(report, { effort, before: fruitless, widest: line?.maxConcurrent() ?? 0, allowed });
  const newerPush = createStaleCopyGuard(claimed.wantedAt);
  let noted: Promise<unknown> | undefined;

  async function renew(signal: AbortSignal): Promise<boolean> {
    const renewal = { until: clock.now() + leaseMs, progress: progress.read(), finished: effort.finished() };
    const renewed = await tags.update(lease.key, (record) => renewTag(record, lease, renewal), signal);
    if (renewed.kind === "held" && renewed.heardAt !== undefined) newerPush.notePush(renewed.heardAt);
    return renewed.kind === "held";
  }

  /** What was sent is paid for, whether it ended or not. */
  function priced(report: CopyReport): CopyReport {
    const bytesSent = effort.bytesSent();
    return bytesSent === 0 ? report : { ...report, bytesSent };
  }

  return {
    renew,
    line,
    newerPush,
    observe(event) {
      progress.observe(event);
      effort.observe(event);
      // After deliveries that were killed, the first thing that is finished is noted at once: the next kill may be soon.
      if (fruitless > 0 && effort.finished() === 1) noted ??= renew(ending).catch(() => undefined);
    },
    givenUp: () => (fruitless < maxAttempts ? undefined : exhausted(fruitless)),
    weighed(report) {
      const after = effect(report).fruitless;
      const isOver = report.outcome === "deferred" && after > fruitless && after >= maxAttempts;
      return priced(isOver ? exhausted(after) : report);
    },
    priced,
    async settle(report) {
      await noted;
      const last = lastOutcome(report, claimed.last, clock.now());
      const settlement = settlementOf(report, last, effect(report), clock.now());
      // The deadline is no reason to keep a lease that nothing is behind, nor to lose how the delivery ended.
      return tags.update(lease.key, (record) => settleTag(record, lease, settlement), ending);
    },
    async leave() {
      await noted;
      // What cannot be noted counts as a delivery that ended without a word.
      await tags.update(lease.key, (record) => endDelivery(record, lease), ending).catch(() => undefined);
    },
  };
}

function exhausted(deliveries: number): CopyReport {
  return { outcome: "failed", reason: "attempts-exhausted", error: new NoProgressError(deliveries) };
}

function settlementOf(report: CopyReport, last: LastOutcome, effect: DeliveryEffect, now: number): Settlement {
  switch (report.outcome) {
    case "replicated":
    case "unchanged":
    case "superseded":
      return { kind: "completed", last, replicated: { digest: report.digest, at: now } };
    case "deferred": {
      const kind = report.reason === "attempt-failed" ? "attempt-failed" : "deferred";
      return { kind, last, tooLarge: report.tooLarge, tooLargeTries: report.tooLargeTries, ...effect };
    }
    case "skipped":
    case "failed":
      return { kind: "completed", last };
  }
}
