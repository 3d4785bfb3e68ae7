import { concurrently } from "../../src/async/run-concurrently.ts";
import { CANARY_TAG, LAG_GOAL } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { lateAnnouncement } from "../../src/replication/pending/announcement.ts";
import { isSetAside, pendingMs, requestOf } from "../../src/replication/pending/pending-push.ts";
import type { PendingPush } from "../../src/replication/pending/pending-push.ts";
import { addPending, NOTHING_PENDING } from "../../src/replication/pending/pending-total.ts";
import type { PendingTotal } from "../../src/replication/pending/pending-total.ts";
import type { ProbeDependencies } from "./probe-dependencies.ts";
import { requestResumed } from "./request-resumed.ts";
import { RESEND_AFTER_MS, RESEND_EVERY_MS } from "./resend-times.ts";

export interface MeasureDependencies extends Pick<
  ProbeDependencies,
  "pending" | "pauses" | "imageBytes" | "resend" | "announce" | "now" | "timeout" | "observer"
> {
  /** Copies to the destination run. */
  readonly isAvailable: boolean;
}

/** Images whose bytes one invocation counts, how many at once, and for how long at most, in milliseconds. */
const MOST_SIZED = 50;
const SIZED_AT_ONCE = 8;
const SIZING_MS = 15_000;
const MOST_RESENT = 100;
/** Late pushes that one invocation announces. The others follow a minute later. */
const MOST_ANNOUNCED = 500;

/** What one pass over the pending pushes of a destination found. */
interface Pass {
  readonly total: PendingTotal;
  readonly unsized: readonly PendingPush[];
  readonly overdue: readonly PendingPush[];
  /** Set aside while their repositories were paused. */
  readonly setAside: readonly PendingPush[];
  /** Late, and not announced so. */
  readonly late: readonly PendingPush[];
}

/**
 * Emits what is pending at a destination, also when nothing moves; sends requests again that may never have reached their queue. Never
 * throws: the next minute measures again.
 */
export async function measurePending(
  destination: string,
  dependencies: MeasureDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { observer } = dependencies;
  try {
    const { total, unsized, overdue, setAside, late } = await readPending(destination, dependencies, signal);
    await announceLate(late, dependencies, signal);
    const bytes = total.bytes + (await countBytes(unsized, dependencies, signal));
    observer.count(Metric.copiesPending, total.copies, destination);
    observer.count(Metric.bytesPending, bytes, destination);
    observer.count(Metric.oldestPending, Math.round(total.oldestMs / 1_000), destination);
    if (!dependencies.isAvailable) return;
    await requestResumed(setAside, dependencies, signal);
    await resendAll(overdue, dependencies, signal);
  } catch (error) {
    observer.error("What is pending at the destination could not be measured", {
      destination,
      error: describeError(error),
    });
  }
}

async function readPending(
  destination: string,
  { pending, now }: Pick<MeasureDependencies, "pending" | "now">,
  signal: AbortSignal,
): Promise<Pass> {
  const unsized: PendingPush[] = [];
  const overdue: PendingPush[] = [];
  const late: PendingPush[] = [];
  const setAside: PendingPush[] = [];
  let total = NOTHING_PENDING;
  for await (const push of pending.ofDestination(destination, signal)) {
    total = addPending(total, push, { now: now(), withinMs: LAG_GOAL.withinMs });
    if (isNewlyLate(push, now()) && late.length < MOST_ANNOUNCED) late.push(push);
    if (push.bytes === undefined && unsized.length < MOST_SIZED) unsized.push(push);
    if (isSetAside(push)) setAside.push(push);
    if (isOverdue(push, now()) && overdue.length < MOST_RESENT) overdue.push(push);
  }
  return { total, unsized, overdue, setAside, late };
}

/** Its event may have failed after it was accepted, and before its request was sent. */
function isOverdue(push: PendingPush, now: number): boolean {
  const { acceptedAt, heldUntil = 0, askedAt } = push;
  if (heldUntil > now || isSetAside(push)) return false;
  return askedAt === undefined ? now - acceptedAt >= RESEND_AFTER_MS : now - askedAt >= RESEND_EVERY_MS;
}

function isNewlyLate(push: PendingPush, now: number): boolean {
  return push.lateAt === undefined && pendingMs(push, now) > LAG_GOAL.withinMs;
}

/** Announced before it is noted: a crash in between announces it twice, with the same id. One that ends in between counts where it ends. */
async function announceLate(
  pushes: readonly PendingPush[],
  { pending, announce, now, observer }: Pick<MeasureDependencies, "pending" | "announce" | "now" | "observer">,
  signal: AbortSignal,
): Promise<void> {
  for (const push of pushes) {
    const announcement = lateAnnouncement(push, now());
    await announce(announcement, signal);
    const isPending = await pending.note(push, { lateAt: now() }, signal);
    if (isPending && push.reference !== CANARY_TAG) observer.count(Metric.late, 1, push.destination);
  }
}

/** Best effort: an image whose bytes cannot be counted counts nothing, and is tried again. @returns the bytes that were counted. */
async function countBytes(
  pushes: readonly PendingPush[],
  { pending, imageBytes, timeout }: Pick<MeasureDependencies, "pending" | "imageBytes" | "timeout">,
  signal: AbortSignal,
): Promise<number> {
  const inTime = AbortSignal.any([signal, timeout(SIZING_MS)]);
  const count = async (push: PendingPush): Promise<number> => {
    try {
      const bytes = await imageBytes(push.repository, push.reference, inTime);
      if (bytes !== undefined) await pending.note(push, { bytes }, inTime);
      return bytes ?? 0;
    } catch {
      return 0;
    }
  };
  const counted = await concurrently(pushes, SIZED_AT_ONCE, count, signal);
  return counted.reduce((sum, bytes) => sum + bytes, 0);
}

async function resendAll(
  pushes: readonly PendingPush[],
  { pending, resend, now, observer }: Pick<MeasureDependencies, "pending" | "resend" | "now" | "observer">,
  signal: AbortSignal,
): Promise<void> {
  for (const push of pushes) {
    await resend([requestOf(push)], signal);
    await pending.note(push, { askedAt: now() }, signal);
    const { id, destination, repository, reference } = push;
    observer.info("Copy requested again: its push has not ended", {
      correlationId: id,
      destination,
      repository,
      reference,
    });
  }
}
