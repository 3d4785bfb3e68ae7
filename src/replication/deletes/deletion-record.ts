import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { isTag } from "../../oci/reference.ts";
import type { Tag } from "../../oci/reference.ts";
import { DELETE_CAUSES, PROTECT_REASONS } from "../outcome/outcome.ts";

const AtTarget = z.object({ tag: z.string().refine(isTag), digest: z.string().refine(isDigest) });

/** A tag that is to be deleted at the target. Times are epoch milliseconds. */
export const Tombstone = AtTarget.extend({
  /** The event or comparison that found it. */
  by: z.string(),
  cause: z.enum(DELETE_CAUSES),
  /** The rule that asks for it, by its name. */
  rule: z.string(),
  seenAt: z.number(),
  dueAt: z.number(),
  /** When its deletion was begun: a tag that is absent afterwards was deleted, whatever became of the process. */
  begunAt: z.number().optional(),
  /** Why it was not deleted when it was due, and when that was found. */
  protected: z.object({ reason: z.enum(PROTECT_REASONS), at: z.number() }).optional(),
});
export type Tombstone = z.infer<typeof Tombstone>;

/** The tombstones of one repository at one destination, and how many of its tags were deleted lately; one item of the store. */
export const DeletionRecord = z.object({
  /** Its name at the source. */
  repository: z.string(),
  tombstones: z.array(Tombstone),
  /** Deletions by the hour in which they began: `at` is its start. */
  hours: z.array(z.object({ at: z.number(), count: z.int().nonnegative() })),
  /** Deletes of which the source did not say what the tag named: the next comparison writes their tombstones. */
  heard: z.array(z.object({ tag: z.string(), by: z.string(), at: z.number() })).optional(),
  /** Tags that an operator has kept (`undelete`): they are not deleted while they name this digest. `listedBy`: by then, a listing shows a restored tag. */
  kept: z.array(AtTarget.extend({ listedBy: z.number().optional() })),
});
export type DeletionRecord = z.infer<typeof DeletionRecord>;

/** A tag of the target and the digest that it names. */
export interface TagAtTarget {
  readonly tag: Tag;
  readonly digest: Digest;
}

/** An item has 400 KB at most (DynamoDB quotas); a tombstone takes up to 400 bytes. Further tags wait until others are done. */
export const MAX_TOMBSTONES = 800;
export const MAX_KEPT = 400;

export function newDeletionRecord(repository: string): DeletionRecord {
  return { repository, tombstones: [], hours: [], kept: [] };
}

/** True for one tag with one digest. */
export function isSame(one: TagAtTarget, other: TagAtTarget): boolean {
  return one.tag === other.tag && one.digest === other.digest;
}
