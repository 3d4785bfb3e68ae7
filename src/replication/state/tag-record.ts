import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { CopyProgress } from "./copy-progress.ts";
import { DecidedConflict } from "../outcome/conflict.ts";
import { LastOutcome } from "../outcome/outcome.ts";
import type { Change } from "./record-store.ts";

/** Everything known about one tag at one destination; one item of the store. Times are epoch milliseconds. */
export const TagRecord = z.object({
  /** Number of the latest lease: each lease increments it. */
  fence: z.int().nonnegative(),
  /** The latest lease, until it is settled: its delivery may have ended or died. */
  lease: z
    .object({
      /** Id of the delivery's message: a different message marks the lease dirty, a redelivery of this one does not. */
      message: z.string(),
      owner: z.string(),
      fence: z.int(),
      until: z.number(),
      /** When it was taken. */
      since: z.number().optional(),
      /** Progress of the copy at the last renewal. */
      progress: CopyProgress.optional(),
      /** Blobs and manifests that the delivery had put to the target by then. */
      finished: z.int().nonnegative().optional(),
      /** The delivery has ended. The lease stays until a late put can no longer take effect. */
      ended: z.boolean().optional(),
      /** Another request arrived: the holder must read the tag again before it releases the lease. */
      dirty: z.boolean(),
    })
    .optional(),
  /** Failed attempts since the last success. */
  attempts: z.int().nonnegative(),
  /** Consecutive deliveries that timed out or were killed without progress at the target. */
  fruitless: z.int().nonnegative().optional(),
  /** Large blobs that the next delivery may send concurrently; absent: not limited. */
  width: z.int().positive().optional(),
  /** An image that a delivery had too little time for: the next delivery of it goes to the long lane at once. */
  tooLarge: z.string().refine(isDigest).optional(),
  /** Deliveries that had too little time for it where no other lane has more: in the long lane, or without one. */
  tooLargeTries: z.int().positive().optional(),
  /** The image that waits for its gate: since when, and when the gate was last asked. */
  gateWait: z.object({ digest: z.string().refine(isDigest), since: z.number(), at: z.number() }).optional(),
  /** Time of the newest push that a request named. */
  wantedAt: z.number(),
  /** The digest that the tag was last confirmed to have at the target. */
  replicated: z
    .object({
      digest: z.string().refine(isDigest),
      at: z.number(),
      /** The index of the source and what was copied of it, if that was not all: its digest may be another one. */
      origin: z.object({ digest: z.string().refine(isDigest), platforms: z.string() }).optional(),
      /** An index that a merge made: it has platforms of someone else, too. */
      merged: z.boolean().optional(),
    })
    .optional(),
  /** The last digests that we announced to put under the tag: each put may have taken effect. */
  puts: z.array(z.object({ digest: z.string().refine(isDigest), at: z.number() })).optional(),
  /** The conflict that the last delivery decided without making the target equal to the source. */
  conflict: DecidedConflict.optional(),
  /** The digest that a comparison last requested a copy of, and when: it does not request the same again at once. */
  asked: z.object({ digest: z.string().refine(isDigest), at: z.number() }).optional(),
  /** When a request was set aside because its repository was paused; until a request begins. */
  setAsideAt: z.number().optional(),
  /** The image of the running copy, or of the last one that has not ended. */
  image: z.string().refine(isDigest).optional(),
  /** An operator has cancelled a copy: who, when, the newest push that was known then, and the image, once it is known. Until a newer push. */
  cancel: z
    .object({ by: z.string(), at: z.number(), wantedAt: z.number(), digest: z.string().refine(isDigest).optional() })
    .optional(),
  /** How the last delivery ended. */
  last: LastOutcome.optional(),
});
export type TagRecord = z.infer<typeof TagRecord>;

/** The key of a tag at a destination; `scope` as in `CopyContext`. */
export function tagKey(scope: string, reference: string): string {
  return `${scope}:${reference}`;
}

/** The right to write one tag for a limited time; owner and fence identify it. */
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
  /** When an operator asked for the copy. */
  readonly askedAt?: number | undefined;
  readonly now: number;
  readonly leaseMs: number;
}

export type ClaimedTag =
  | {
      readonly kind: "leased";
      readonly lease: TagLease;
      readonly attempts: number;
      /** Consecutive earlier deliveries without progress at the target. */
      readonly fruitless: number;
      /** How the previous delivery ended. */
      readonly last: LastOutcome | undefined;
      /** Large blobs that this delivery may send concurrently. */
      readonly width: number | undefined;
      /** An image that a delivery had too little time for. */
      readonly tooLarge: Digest | undefined;
      readonly tooLargeTries: number | undefined;
      /** The image that waits for its gate. */
      readonly gateWait: TagRecord["gateWait"];
      /** The image whose copy an operator has cancelled. */
      readonly cancel: TagRecord["cancel"];
      /** Time of the newest push that a request named. */
      readonly wantedAt: number;
      /** What we have put under the tag, and decided about what others have put. */
      readonly own: Pick<TagRecord, "replicated" | "puts" | "conflict">;
    }
  /**
   * Another delivery holds the lease. If the holder has another message, it reads the tag again before it releases the lease. This
   * message stays in the queue in any case: the holder may be a second delivery of a message that is already deleted, and
   * if it crashed, no other message would repeat its work.
   */
  | { readonly kind: "busy"; readonly until: number };

/** The record of a tag that no request has named yet. */
export const NEW_TAG: TagRecord = { fence: 0, attempts: 0, wantedAt: 0 };

/** Records the time of a push whose copy has not started yet. */
export function notePush(record: TagRecord | undefined, pushedAt: number): Change<TagRecord, void> {
  const known = record ?? NEW_TAG;
  if (known.wantedAt >= pushedAt) return { answer: undefined };
  return { next: { ...known, wantedAt: pushedAt }, answer: undefined };
}

/** Takes the lease of a tag. If it is held, marks it dirty for its holder and says until when to wait. */
export function claimTag(record: TagRecord | undefined, claim: ClaimTag): Change<TagRecord, ClaimedTag> {
  const known = record ?? NEW_TAG;
  const wantedAt = Math.max(known.wantedAt, claim.pushedAt);
  const { lease } = known;
  if (lease !== undefined && lease.until > claim.now) {
    const answer = { kind: "busy", until: lease.until } as const;
    if (lease.message === claim.message) return { answer };
    return { next: { ...known, wantedAt, lease: { ...lease, dirty: true } }, answer };
  }
  const fence = known.fence + 1;
  const { message, owner, key } = claim;
  const fruitless = fruitlessSoFar(known);
  const { setAsideAt: _begins, image: _before, cancel: cancelled, ...begun } = known;
  const cancel = cancelled && stillCancelled(cancelled, wantedAt, claim.askedAt);
  return {
    next: {
      ...begun,
      ...(cancel === undefined ? {} : { cancel }),
      wantedAt,
      fence,
      fruitless,
      lease: { message, owner, fence, until: claim.now + claim.leaseMs, since: claim.now, dirty: false },
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
      gateWait: known.gateWait,
      cancel,
      wantedAt,
      own: { replicated: known.replicated, puts: known.puts, conflict: known.conflict },
    },
  };
}

/** A cancellation is over once a newer push is known, or an operator has asked for the copy since then. */
function stillCancelled(
  cancel: NonNullable<TagRecord["cancel"]>,
  wantedAt: number,
  askedAt = 0,
): TagRecord["cancel"] | undefined {
  return wantedAt > cancel.wantedAt || askedAt > cancel.at ? undefined : cancel;
}

/**
 * A delivery counts from its beginning: a lease that expired without a settlement belongs to a delivery that was killed.
 * If that delivery made progress at the target, the count restarts at 0 (decision 34).
 */
function fruitlessSoFar({ lease, fruitless = 0 }: TagRecord): number {
  if (lease === undefined || lease.ended === true) return fruitless;
  return (lease.finished ?? 0) > 0 ? 0 : fruitless + 1;
}

/** What a delivery reports when it renews its lease. */
export interface Renewal {
  readonly until: number;
  readonly progress: CopyProgress | undefined;
  /** Blobs and manifests that it has put to the target. */
  readonly finished: number;
  /** The image that it copies. */
  readonly image?: Digest | undefined;
  /** The put that comes next. */
  readonly put?: { readonly digest: Digest; readonly at: number } | undefined;
}

/** Puts that a record remembers: an announced put takes effect or is confirmed before four later ones. */
const REMEMBERED_PUTS = 4;

/** `newerPushAt`: time of the newest push named by another request since the tag was claimed. */
export type RenewedTag =
  | { readonly kind: "held"; readonly newerPushAt: number | undefined; readonly cancel?: TagRecord["cancel"] }
  /** Another delivery has the lease, or it was released. */
  | { readonly kind: "lost" };

/** Extends the lease and records the progress of the copy. */
export function renewTag(
  record: TagRecord | undefined,
  lease: TagLease,
  { until, progress, finished, image, put }: Renewal,
): Change<TagRecord, RenewedTag> {
  if (record?.lease === undefined || !holdsLease(record, lease)) return { answer: { kind: "lost" } };
  const renewed = { ...record.lease, until, finished, ...(progress === undefined ? {} : { progress }) };
  const newerPushAt = record.lease.dirty ? record.wantedAt : undefined;
  const { cancel } = record;
  return {
    next: { ...record, ...(image && { image }), ...announced(record, put), lease: renewed },
    answer: { kind: "held", newerPushAt, ...(cancel && { cancel }) },
  };
}

function announced({ puts = [] }: TagRecord, put: Renewal["put"]): Pick<TagRecord, "puts"> {
  const last = puts.at(-1);
  if (put === undefined || (last?.digest === put.digest && last.at === put.at)) return {};
  return { puts: [...puts, put].slice(-REMEMBERED_PUTS) };
}

/** Marks that the delivery has ended. The lease stays until it expires. */
export function endDelivery(record: TagRecord | undefined, lease: TagLease): Change<TagRecord, void> {
  if (record?.lease === undefined || !holdsLease(record, lease)) return { answer: undefined };
  return { next: { ...record, lease: { ...record.lease, ended: true } }, answer: undefined };
}

/** True while the record still names this lease: no later one has replaced it. */
export function holdsLease(record: TagRecord, lease: TagLease): boolean {
  return record.lease?.owner === lease.owner && record.lease.fence === lease.fence;
}
