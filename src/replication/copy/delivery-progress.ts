import type { CopyReport } from "../outcome/copy-report.ts";
import type { CopyEvent } from "../state/copy-progress.ts";
import type { DeliveryEffect } from "../state/tag-settlement.ts";

/** What one delivery sent and finished, over all its passes. */
export interface DeliveryProgress {
  observe(event: CopyEvent): void;
  /** Bytes of blobs sent, including unfinished uploads and cosign tags. */
  bytesSent(): number;
  /** Blobs and manifests that it brought to the target; 0 once the target denied having content. */
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

/** Several deliveries of a request in a row ended without bringing a blob or a manifest to the target. */
export class NoProgressError extends Error {
  override readonly name = "NoProgressError";

  constructor(deliveries: number) {
    super(
      `${deliveries} deliveries in a row brought nothing to the target: each timed out or ended without a result, e.g. out of memory; look for "Task timed out" and "Runtime exited" in the log of the copy function, or copy this image once with "freightliner copy"`,
    );
  }
}

/** What is known when a delivery ends. */
export interface DeliveryHistory {
  readonly progress: DeliveryProgress;
  /** Earlier deliveries in a row that made no progress. */
  readonly fruitlessBefore: number;
  /** Highest number of concurrent big uploads in this delivery. */
  readonly maxConcurrent: number;
  /** Limit of concurrent big uploads in this delivery; undefined for none. */
  readonly maxUploads: number | undefined;
}

/**
 * The effect on the next delivery. A delivery that timed out without progress counts, and halves the concurrent uploads of the
 * next one. Progress resets the count and doubles the limit. Any other delivery changes neither.
 */
export function effectOnNextDelivery(
  report: CopyReport,
  { progress, fruitlessBefore, maxConcurrent, maxUploads }: DeliveryHistory,
): DeliveryEffect {
  if (progress.finished() > 0) return { fruitless: 0, width: maxUploads === undefined ? undefined : maxUploads * 2 };
  if (report.outcome !== "deferred" || report.reason !== "deadline") {
    return { fruitless: fruitlessBefore, width: maxUploads };
  }
  const width = maxConcurrent === 0 ? maxUploads : Math.max(Math.floor(maxConcurrent / 2), 1);
  return { fruitless: fruitlessBefore + 1, width };
}
