import type { Digest } from "../../oci/digest.ts";
import type { LastOutcome } from "../outcome/outcome.ts";
import type { Change } from "./record-store.ts";
import { holdsLease } from "./tag-record.ts";
import type { TagLease, TagRecord } from "./tag-record.ts";

/** How a lease ends. `completed` ends the request, `deferred` retries it later, `attempt-failed` also counts a failed attempt. */
export type Settlement =
  | ({
      readonly kind: "completed";
      readonly last: LastOutcome;
      /** The image of a copy that ended because it was cancelled. */
      readonly cancelled?: Digest | undefined;
    } & Pick<TagRecord, "replicated" | "conflict">)
  | ({
      readonly kind: "deferred" | "attempt-failed";
      readonly last: LastOutcome;
      /** The image that was to be copied; undefined: it was not found out. */
      readonly image?: Digest | undefined;
      /** The image that this delivery had too little time for, and how often that happened; undefined: it had enough. */
      readonly tooLarge: Digest | undefined;
      readonly tooLargeTries: number | undefined;
      /** The image that waits for its gate; undefined: this delivery did not ask it. */
      readonly gateWait?: TagRecord["gateWait"];
    } & DeliveryEffect);

/** What a delivery that did not end its request passes on to the next one. */
export interface DeliveryEffect {
  /** Consecutive deliveries, this one included, without progress at the target. */
  readonly fruitless: number;
  /** Large blobs that the next delivery may send concurrently; undefined: not limited. */
  readonly width: number | undefined;
}

export type SettledTag =
  | { readonly kind: "settled"; readonly attempts: number }
  /** Another request arrived during the lease, which therefore continues: look at the tag again. */
  | { readonly kind: "dirty" }
  | { readonly kind: "lost" };

/** Ends a lease. A dirty lease of a completed tag continues instead, and the mark is cleared. */
export function settleTag(
  record: TagRecord | undefined,
  lease: TagLease,
  settlement: Settlement,
): Change<TagRecord, SettledTag> {
  if (record?.lease === undefined || !holdsLease(record, lease)) return { answer: { kind: "lost" } };
  const { last } = settlement;
  const { lease: held, fruitless: _counted, width: _limited, tooLarge: _slow, tooLargeTries: _tried, ...rest } = record;
  if (settlement.kind !== "completed") {
    const attempts = record.attempts + (settlement.kind === "attempt-failed" ? 1 : 0);
    const { fruitless } = settlement;
    return {
      next: { ...rest, fruitless, ...knownAfter(settlement), ...slownessAfter(record, settlement), attempts, last },
      answer: { kind: "settled", attempts },
    };
  }
  const { replicated = record.replicated, conflict } = settlement;
  const { conflict: _before, gateWait: _waited, image: _copied, cancel: _cancelled, ...open } = rest;
  const done = {
    ...open,
    ...cancelAfter(record, settlement),
    last,
    attempts: 0,
    ...(replicated === undefined ? {} : { replicated }),
    ...(conflict === undefined ? {} : { conflict }),
  };
  if (held.dirty) return { next: { ...done, lease: { ...held, dirty: false } }, answer: { kind: "dirty" } };
  return { next: done, answer: { kind: "settled", attempts: 0 } };
}

/** What the next delivery is to know. A delivery that did not ask the gate does not start the wait for it again. */
function knownAfter({
  width,
  image,
  gateWait,
}: Exclude<Settlement, { kind: "completed" }>): Pick<TagRecord, "width" | "image" | "gateWait"> {
  return {
    ...(width === undefined ? {} : { width }),
    ...(image === undefined ? {} : { image }),
    ...(gateWait === undefined ? {} : { gateWait }),
  };
}

/** A cancellation stays once it has ended a copy: it is about that image, for later requests and comparisons. Any other end ends it. */
function cancelAfter(
  { cancel }: TagRecord,
  { last, cancelled }: Extract<Settlement, { kind: "completed" }>,
): Pick<TagRecord, "cancel"> {
  if (cancel === undefined || last.outcome !== "skipped" || last.reason !== "cancelled") return {};
  return { cancel: cancelled === undefined ? cancel : { ...cancel, digest: cancelled } };
}

/** What the record keeps of an image that takes too long. A delivery that was deferred for another reason changes nothing. */
function slownessAfter(
  known: TagRecord,
  { tooLarge = known.tooLarge, tooLargeTries }: Exclude<Settlement, { kind: "completed" }>,
): Pick<TagRecord, "tooLarge" | "tooLargeTries"> {
  if (tooLarge === undefined) return {};
  const tries = tooLargeTries ?? (tooLarge === known.tooLarge ? known.tooLargeTries : undefined);
  return { tooLarge, ...(tries === undefined ? {} : { tooLargeTries: tries }) };
}
