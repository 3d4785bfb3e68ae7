import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { CopyProgress } from "./copy-progress.ts";
import { LastOutcome } from "../outcome/outcome.ts";
import type { Change } from "./record-store.ts";

/** Everything known about one tag at one destination; one item of the store. Times are epoch milliseconds. */
export const TagRecord = z.object({
  /** Counts leases: a later lease has a higher fence. */
  fence: z.int().nonnegative(),
  /** Who works on the tag now. */
  lease: z
    .object({
      /** The delivery's message: another one has the holder look again, its own redelivery adds nothing. */
      message: z.string(),
      owner: z.string(),
      fence: z.int(),
      until: z.number(),
      /** When it was taken. */
      since: z.number().optional(),
      /** How far its copy had come when it was last renewed. */
      progress: CopyProgress.optional(),
      /** Blobs and manifests that its delivery had brought to the target by then. */
      finished: z.int().nonnegative().optional(),
      /** Its delivery has ended; it stays until a late put can take effect no more. */
      ended: z.boolean().optional(),
    })
    .optional(),
  /** Another push came while somebody worked on the tag: look again before letting go. */
  dirty: z.boolean(),
  /** Failed attempts since the last success. */
  attempts: z.int().nonnegative(),
  /** Deliveries in a row that ran out of time, or ended without a word, and brought nothing to the target; absent for 0. */
  fruitless: z.int().nonnegative().optional(),
  /** Big blobs that the next delivery may send at once; absent where nothing has limited them. */
  width: z.int().positive().optional(),
  /** The image that a delivery here was too short for: the next one that meets it hands it to the long lane at once. */
  tooLarge: z.string().refine(isDigest).optional(),
  /** Deliveries that were too short for it where no other lane has more time: without a long lane, and in it. */
  tooLargeTries: z.int().positive().optional(),
  /** When the newest push we heard of was made. */
  wantedAt: z.number(),
  /** What the tag was last verified to name at the target. */
  replicated: z.object({ digest: z.string().refine(isDigest), at: z.number() }).optional(),
  /** What a comparison of both sides last asked for, and when: it asks once. */
  asked: z.object({ digest: z.string().refine(isDigest), at: z.number() }).optional(),
  /** How the last delivery ended. */
  last: LastOutcome.optional(),
});
export type TagRecord = z.infer<typeof TagRecord>;

/** The key of a tag at a destination; `scope` as in `CopyContext`. */
export function tagKey(scope: string, reference: string): string {
  return `${scope}:${reference}`;
}

/** The right to write one tag for a while, proved by its fence. */
export interface TagLease {
  readonly key: string;
  readonly owner: string;
  readonly fence: number;
}

export interface ClaimTag {
  readonly key: string;
  readonly message: string;
  readonly owner: string;
  readonly pushedAt: number;
  readonly now: number;
  readonly leaseMs: number;
}

export type ClaimedTag =
  | {
      readonly kind: "leased";
      readonly lease: TagLease;
      readonly attempts: number;
      /** Deliveries in a row before this one that brought nothing to the target. */
      readonly fruitless: number;
      /** How the delivery before this one ended. */
      readonly last: LastOutcome | undefined;
      /** Big blobs this delivery may send at once. */
      readonly width: number | undefined;
      /** The image that a delivery was too short for. */
      readonly tooLarge: Digest | undefined;
      readonly tooLargeTries: number | undefined;
      /** When the newest push we heard of was made. */
      readonly wantedAt: number;
    }
  /**
   * Somebody is at it, and will look again before letting go when it is another message. Ours stays in the queue all the
   * same: the holder may be a second delivery of a message that is gone, and then nobody else would redo its work.
   */
  | { readonly kind: "busy"; readonly until: number };

export const NEW_TAG: TagRecord = { fence: 0, dirty: false, attempts: 0, wantedAt: 0 };

/** Notes that a push was heard of, though nothing is done about it yet. */
export function notePush(record: TagRecord | undefined, pushedAt: number): Change<TagRecord, void> {
  const known = record ?? NEW_TAG;
  if (known.wantedAt >= pushedAt) return { answer: undefined };
  return { next: { ...known, wantedAt: pushedAt }, answer: undefined };
}

/** Takes the lease of a tag; or has its holder look again, and says until when to wait. */
export function claimTag(record: TagRecord | undefined, claim: ClaimTag): Change<TagRecord, ClaimedTag> {
  const known = record ?? NEW_TAG;
  const wantedAt = Math.max(known.wantedAt, claim.pushedAt);
  const { lease } = known;
  if (lease !== undefined && lease.until > claim.now) {
    const answer = { kind: "busy", until: lease.until } as const;
    return lease.message === claim.message ? { answer } : { next: { ...known, wantedAt, dirty: true }, answer };
  }
  const fence = known.fence + 1;
  const { message, owner, key } = claim;
  const fruitless = fruitlessSoFar(known);
  return {
    next: {
      ...known,
      wantedAt,
      dirty: false,
      fence,
      fruitless,
      lease: { message, owner, fence, until: claim.now + claim.leaseMs, since: claim.now },
    },
    answer: {
      kind: "leased",
      lease: { key, owner, fence },
      attempts: known.attempts,
      fruitless,
      last: known.last,
      width: known.width,
      tooLarge: known.tooLarge,
      tooLargeTries: known.tooLargeTries,
      wantedAt,
    },
  };
}

/**
 * A delivery counts from its beginning: a lease that ran out and was never settled is of one that was killed. What such a
 * delivery brought to the target starts the count anew (decision 34).
 */
function fruitlessSoFar({ lease, fruitless = 0 }: TagRecord): number {
  if (lease === undefined || lease.ended === true) return fruitless;
  return (lease.finished ?? 0) > 0 ? 0 : fruitless + 1;
}

/** What a delivery says of itself when it renews its lease. */
export interface Renewal {
  readonly until: number;
  readonly progress: CopyProgress | undefined;
  /** Blobs and manifests it has brought to the target. */
  readonly finished: number;
}

/** `heardAt`: when the newest push was made that other requests told of since the tag was claimed. */
export type RenewedTag =
  | { readonly kind: "held"; readonly heardAt: number | undefined }
  /** It is ours no more. */
  | { readonly kind: "lost" };

/** Holds the lease longer, and says how far the copy has come. */
export function renewTag(
  record: TagRecord | undefined,
  lease: TagLease,
  { until, progress, finished }: Renewal,
): Change<TagRecord, RenewedTag> {
  if (record?.lease === undefined || !holdsLease(record, lease)) return { answer: { kind: "lost" } };
  const renewed = { ...record.lease, until, finished, ...(progress === undefined ? {} : { progress }) };
  const heardAt = record.dirty ? record.wantedAt : undefined;
  return { next: { ...record, lease: renewed }, answer: { kind: "held", heardAt } };
}

/** Says that a delivery has ended, and leaves its lease until it runs out. */
export function endDelivery(record: TagRecord | undefined, lease: TagLease): Change<TagRecord, void> {
  if (record?.lease === undefined || !holdsLease(record, lease)) return { answer: undefined };
  return { next: { ...record, lease: { ...record.lease, ended: true } }, answer: undefined };
}

/** True while the record still names this lease: no later one has replaced it. */
export function holdsLease(record: TagRecord, lease: TagLease): boolean {
  return record.lease?.owner === lease.owner && record.lease.fence === lease.fence;
}
