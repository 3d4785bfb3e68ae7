import type { Digest } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import type { DecidedConflict } from "../outcome/conflict.ts";
import { policyKey } from "./conflict-policy.ts";
import type { ConflictPolicy } from "./conflict-policy.ts";

/** What a comparison sees of one tag. */
export interface ComparedTag {
  readonly tag: Tag;
  /** What the source's tag names. */
  readonly digest: Digest;
  /** What the rules say that may select it: more than one where only the copy knows which one does. */
  readonly policies: readonly ConflictPolicy[];
  /** The target's tags that are not equal to the source's. */
  readonly atTarget: ReadonlyMap<Tag, Digest>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** True as long as nothing has changed that a decision depends on: another copy would decide the same. */
export function isSettled(
  { policy, source, target, as, until = Infinity }: DecidedConflict,
  { tag, digest, policies, atTarget, now }: ComparedTag,
): boolean {
  const isSame = source === digest && atTarget.get(tag) === target;
  const isPlaced = as === undefined || atTarget.get(as.tag) === as.digest;
  return isSame && isPlaced && now < until && policies.some((each) => policyKey(each) === policy);
}
