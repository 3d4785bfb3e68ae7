import type { Digest } from "../../oci/digest.ts";
import type { LastOutcome } from "../outcome/outcome.ts";
import type { Change } from "./record-store.ts";
import { holdsLease } from "./tag-record.ts";
import type { TagLease, TagRecord } from "./tag-record.ts";

/** How a lease ends. `completed` ends the request; `deferred` leaves it for later; `attempt-failed` counts against it. */
export type Settlement =
  | { readonly kind: "completed"; readonly last: LastOutcome; readonly replicated?: TagRecord["replicated"] }
  | ({
      readonly kind: "deferred" | "attempt-failed";
      readonly last: LastOutcome;
      /** The image that this delivery was too short for, and its tries; undefined for one that was not. */
      readonly tooLarge: Digest | undefined;
      readonly tooLargeTries: number | undefined;
    } & DeliveryEffect);

/** What a delivery that did not end its request means for the next ones. */
export interface DeliveryEffect {
  /** Deliveries in a row, this one included, that brought nothing to the target. */
  readonly fruitless: number;
  /** Big blobs that the next one may send at once. */
  readonly width: number | undefined;
}

export type SettledTag =
  | { readonly kind: "settled"; readonly attempts: number }
  /** Another push came meanwhile: the lease goes on, look again. */
  | { readonly kind: "dirty" }
  | { readonly kind: "lost" };

/** Ends a lease, unless a completed tag has become dirty: then the lease goes on and the flag is taken back. */
export function settleTag(
  record: TagRecord | undefined,
  lease: TagLease,
  settlement: Settlement,
): Change<TagRecord, SettledTag> {
  if (record === undefined || !holdsLease(record, lease)) return { answer: { kind: "lost" } };
  const { last } = settlement;
  const { lease: held, fruitless: _counted, width: _limited, tooLarge: _slow, tooLargeTries: _tried, ...rest } = record;
  if (settlement.kind !== "completed") {
    const attempts = record.attempts + (settlement.kind === "attempt-failed" ? 1 : 0);
    const { fruitless, width } = settlement;
    const limits = width === undefined ? {} : { width };
    return {
      next: { ...rest, fruitless, ...limits, ...slownessAfter(record, settlement), dirty: false, attempts, last },
      answer: { kind: "settled", attempts },
    };
  }
  const replicated = settlement.replicated ?? record.replicated;
  const done = { ...rest, last, attempts: 0, ...(replicated === undefined ? {} : { replicated }) };
  if (record.dirty) return { next: { ...done, lease: held, dirty: false }, answer: { kind: "dirty" } };
  return { next: done, answer: { kind: "settled", attempts: 0 } };
}

/** What is known of an image that takes too long, after one more delivery: it stays while deliveries wait for something else. */
function slownessAfter(
  known: TagRecord,
  { tooLarge = known.tooLarge, tooLargeTries }: Exclude<Settlement, { kind: "completed" }>,
): Pick<TagRecord, "tooLarge" | "tooLargeTries"> {
  if (tooLarge === undefined) return {};
  const tries = tooLargeTries ?? (tooLarge === known.tooLarge ? known.tooLargeTries : undefined);
  return { tooLarge, ...(tries === undefined ? {} : { tooLargeTries: tries }) };
}
