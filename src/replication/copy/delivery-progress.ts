import type { CopyReport } from "../outcome/copy-report.ts";
import type { CopyEvent } from "../state/copy-progress.ts";
import type { DeliveryEffect } from "../state/tag-settlement.ts";

/** What one delivery of a request has sent, and what that brought to the target; over all its rounds. */
export interface DeliveryProgress {
  observe(event: CopyEvent): void;
  /** Bytes of blobs sent, those of blobs that did not end and of companions as well. */
  bytesSent(): number;
  /** Blobs and manifests that are at the target by this delivery; none when the target denied having what it was sent. */
  finished(): number;
}

export function createDeliveryProgress(): DeliveryProgress {
  let bytesSent = 0;
  let finished = 0;
  let denied = false;
  return {
    observe(event) {
      if (event.kind === "blob-bytes" || event.kind === "companion-sent") bytesSent += event.bytes;
      if (event.kind === "denied") denied = true;
      if (event.kind === "manifest-put" || (event.kind === "blob-done" && event.how !== "present")) finished++;
    },
    bytesSent: () => bytesSent,
    finished: () => (denied ? 0 : finished),
  };
}

/** Deliveries of a request ended one after another, and none of them brought a blob or a manifest to the target. */
export class NoProgressError extends Error {
  override readonly name = "FruitlessError";

  constructor(deliveries: number) {
    super(
      `${deliveries} deliveries in a row brought nothing to the target: each ran out of time or ended without a result, e.g. out of memory; look for "Task timed out" and "Runtime exited" in the log of the copy function, or copy this image once with "freightliner copy"`,
    );
  }
}

/** What is known of the deliveries so far, when one more has ended. */
export interface DeliveryHistory {
  readonly effort: DeliveryProgress;
  /** Deliveries in a row before this one that brought nothing to the target. */
  readonly before: number;
  /** Big blobs that this one sent at once, at most. */
  readonly widest: number;
  /** Big blobs that it was allowed to; undefined for as many as fit. */
  readonly allowed: number | undefined;
}

/**
 * What a delivery means for the next ones. One that ran out of time without anything to show for it counts, and the next
 * one sends half as much at once; any that brought something starts the count anew; what was waited for counts nothing.
 */
export function effectOnNextDelivery(
  report: CopyReport,
  { effort, before, widest, allowed }: DeliveryHistory,
): DeliveryEffect {
  const width = allowed === undefined ? undefined : allowed * 2;
  if (effort.finished() > 0) return { fruitless: 0, width };
  if (report.outcome !== "deferred" || report.reason !== "deadline") return { fruitless: before, width: allowed };
  return { fruitless: before + 1, width: widest === 0 ? allowed : Math.max(Math.floor(widest / 2), 1) };
}
