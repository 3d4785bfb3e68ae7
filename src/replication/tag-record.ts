import * as z from "zod";
import { isDigest } from "../oci/digest.ts";
import { CopyProgress } from "./copy-progress.ts";
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
    })
    .optional(),
  /** Another push came while somebody worked on the tag: look again before letting go. */
  dirty: z.boolean(),
  /** Failed attempts since the last success. */
  attempts: z.int().nonnegative(),
  /** When the newest push we heard of was made. */
  wantedAt: z.number(),
  /** What the tag was last verified to name at the target. */
  replicated: z.object({ digest: z.string().refine(isDigest), at: z.number() }).optional(),
  /** What a comparison of both sides last asked for, and when: it asks once. */
  asked: z.object({ digest: z.string().refine(isDigest), at: z.number() }).optional(),
  /** How the last copy ended. */
  outcome: z.string().optional(),
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
      /** When the newest push we heard of was made. */
      readonly wantedAt: number;
    }
  /**
   * Somebody is at it, and will look again before letting go when it is another message. Ours stays in the queue all the
   * same: the holder may be a second delivery of a message that is gone, and then nobody else would redo its work.
   */
  | { readonly kind: "busy"; readonly until: number };

export const UNTOUCHED: TagRecord = { fence: 0, dirty: false, attempts: 0, wantedAt: 0 };

/** Takes the lease of a tag; or has its holder look again, and says until when to wait. */
export function claimTag(record: TagRecord | undefined, claim: ClaimTag): Change<TagRecord, ClaimedTag> {
  const known = record ?? UNTOUCHED;
  const wantedAt = Math.max(known.wantedAt, claim.pushedAt);
  const { lease } = known;
  if (lease !== undefined && lease.until > claim.now) {
    const answer = { kind: "busy", until: lease.until } as const;
    return lease.message === claim.message ? { answer } : { next: { ...known, wantedAt, dirty: true }, answer };
  }
  const fence = known.fence + 1;
  const { message, owner, key } = claim;
  return {
    next: {
      ...known,
      wantedAt,
      dirty: false,
      fence,
      lease: { message, owner, fence, until: claim.now + claim.leaseMs, since: claim.now },
    },
    answer: { kind: "leased", lease: { key, owner, fence }, attempts: known.attempts, wantedAt },
  };
}

/** Holds the lease longer, and says how far the copy has come; false when it is ours no more. */
export function renewTag(
  record: TagRecord | undefined,
  lease: TagLease,
  { until, progress }: { readonly until: number; readonly progress: CopyProgress | undefined },
): Change<TagRecord, boolean> {
  if (record?.lease === undefined || !holds(record, lease)) return { answer: false };
  const renewed = { ...record.lease, until, ...(progress === undefined ? {} : { progress }) };
  return { next: { ...record, lease: renewed }, answer: true };
}

/** How a lease ends. `completed` ends the request; `deferred` leaves it for later; `attempt-failed` counts against it. */
export type Settlement =
  | { readonly kind: "completed"; readonly outcome: string; readonly replicated?: TagRecord["replicated"] }
  | { readonly kind: "deferred"; readonly outcome: string }
  | { readonly kind: "attempt-failed"; readonly outcome: string };

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
  if (record === undefined || !holds(record, lease)) return { answer: { kind: "lost" } };
  const { outcome } = settlement;
  const { lease: _ended, ...rest } = record;
  if (settlement.kind !== "completed") {
    const attempts = record.attempts + (settlement.kind === "attempt-failed" ? 1 : 0);
    return { next: { ...rest, dirty: false, attempts, outcome }, answer: { kind: "settled", attempts } };
  }
  const replicated = settlement.replicated ?? record.replicated;
  const done = { outcome, attempts: 0, ...(replicated === undefined ? {} : { replicated }) };
  if (record.dirty) return { next: { ...record, ...done, dirty: false }, answer: { kind: "dirty" } };
  return { next: { ...rest, ...done }, answer: { kind: "settled", attempts: 0 } };
}

function holds(record: TagRecord, lease: TagLease): boolean {
  return record.lease?.owner === lease.owner && record.lease.fence === lease.fence;
}
