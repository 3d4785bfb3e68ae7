import type { CopyReport } from "../outcome/copy-report.ts";
import type { CopyEvent } from "../state/copy-progress.ts";
import type { DeliveryEffect } from "../state/tag-settlement.ts";

/** What one delivery of a request has sent, and what the target has because of it, over all rounds. */
export interface DeliveryProgress {
  observe(event: CopyEvent): void;
  /** Bytes of blobs sent, including those of unfinished blobs and of companions. */
  bytesSent(): number;
  /** Blobs and manifests that the target has because of this delivery; 0 when the target denied having what it was sent. */
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

/** Several deliveries of a request in a row ended without adding a blob or a manifest to the target. */
export class NoProgressError extends Error {
  override readonly name = "FruitlessError";

  constructor(deliveries: number) {
    super(
      `${deliveries} deliveries in a row brought nothing to the target: each ran out of time or ended without a result, e.g. out of memory; look for "Task timed out" and "Runtime exited" in the log of the copy function, or copy this image once with "freightliner copy"`,
    );
  }
}

/** The state after a delivery has ended: this delivery and those before it. */
export interface DeliveryHistory {
  readonly effort: DeliveryProgress;
  /** Deliveries in a row before this one that added nothing to the target. */
  readonly before: number;
  /** The most big blobs that this delivery sent concurrently. */
  readonly widest: number;
  /** Big blobs that it was allowed to send concurrently; undefined: as many as fit. */
  readonly allowed: number | undefined;
}

/**
 * How a delivery affects the next ones. A delivery that ran out of time without progress counts, and the next one sends half as
 * many blobs concurrently. A delivery with progress resets the count. A delivery that only waited does not count.
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
