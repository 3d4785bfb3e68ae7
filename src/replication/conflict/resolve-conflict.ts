import type { Digest } from "../../oci/digest.ts";
import { isCosignTag } from "../../oci/cosign-tags.ts";
import { isDigest } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import type { ConflictSkip } from "../outcome/outcome.ts";
import { renamedTag } from "./conflict-policy.ts";
import type { ConflictPolicy } from "./conflict-policy.ts";
import { isOwnDigest } from "./own-digest.ts";
import type { OwnPuts } from "./own-digest.ts";

/** What the source's tag names. */
export interface SourceSide {
  /** A tag; a digest has no conflicts. */
  readonly reference: Tag | Digest;
  readonly digest: Digest;
  /** Time of the newest push of the tag that a request named; epoch milliseconds. */
  readonly pushedAt: number;
}

/** What the target's tag names. */
export interface TargetSide {
  readonly digest: Digest;
  /** When its registry received the image, epoch milliseconds; undefined when it does not say. */
  readonly pushedAt?: number | undefined;
  /** It is an index that an earlier merge made. */
  readonly isMerged?: boolean | undefined;
  /** Which of both images a circle of registries agrees on; absent unless that was asked. */
  readonly agreed?: "source" | "target" | undefined;
}

export interface KnownPuts {
  readonly record: OwnPuts;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What to do with a tag of the source. */
export type ConflictDecision =
  /** There is no conflict. */
  | { readonly kind: "put" }
  /** The source's image replaces another one. */
  | { readonly kind: "overwrite" }
  /** The target keeps its image. `copiesContent`: the source's image is copied all the same, without a tag. */
  | { readonly kind: "keep"; readonly reason: ConflictSkip; readonly copiesContent: boolean }
  /** An operator has to decide. */
  | { readonly kind: "fail" }
  | { readonly kind: "rename"; readonly tag: Tag }
  /** Both sides, as one index. */
  | { readonly kind: "merge" };

const PUT: ConflictDecision = { kind: "put" };
const OVERWRITE: ConflictDecision = { kind: "overwrite" };
const keep = (reason: ConflictSkip): ConflictDecision => ({ kind: "keep", reason, copiesContent: false });

/** True if the target's tag names an image that Freightliner did not put there, and that is not the source's. */
export function isConflict(
  source: SourceSide,
  target: Pick<TargetSide, "digest"> | undefined,
  { record, now }: KnownPuts,
): boolean {
  if (target === undefined || isDigest(source.reference) || target.digest === source.digest) return false;
  return !isOwnDigest(target.digest, record, now);
}

/** Decides about one tag. A tag that we put, and that the source has moved since, is no conflict. */
export function resolveConflict(
  policy: ConflictPolicy,
  source: SourceSide,
  target: TargetSide | undefined,
  known: KnownPuts,
): ConflictDecision {
  if (target === undefined || isDigest(source.reference) || target.digest === source.digest) return PUT;
  // What the other side has contributed to an index stays in it, also after the source has moved.
  if (policy.strategy === "merge" && target.isMerged === true) return { kind: "merge" };
  // In a circle, an image that we put may come back as the source's.
  if (policy.strategy === "converge" && target.agreed === "target") return keep("target-newer");
  if (!isConflict(source, target, known)) return PUT;
  const { reference } = source;
  return decide(isCosignTag(reference) ? forSignature(policy) : policy, { ...source, reference }, target, known);
}

/** The tag of a signature says which image it belongs to: under another one, or in an index, it would be lost. */
function forSignature(policy: ConflictPolicy): ConflictPolicy {
  return policy.strategy === "rename" || policy.strategy === "merge" ? { strategy: "skip" } : policy;
}

function decide(
  policy: ConflictPolicy,
  source: SourceSide & { readonly reference: Tag },
  target: TargetSide,
  { record }: KnownPuts,
): ConflictDecision {
  switch (policy.strategy) {
    case "source-wins":
    case "converge":
      return OVERWRITE;
    case "target-wins":
      return { kind: "keep", reason: "target-wins", copiesContent: true };
    case "skip":
      return keep("conflict");
    case "newest-wins":
      return isTargetNewer(source, target, record) ? keep("target-newer") : OVERWRITE;
    case "fail":
      return { kind: "fail" };
    case "rename":
      return rename(policy.template, source.reference);
    case "merge":
      return { kind: "merge" };
  }
}

function rename(template: string, from: Tag): ConflictDecision {
  const tag = renamedTag(template, from);
  return tag === undefined ? { kind: "fail" } : { kind: "rename", tag };
}

/**
 * The target's tag was moved after we had last seen our own image there, and not before its image arrived. Where neither is known, and at
 * the same time, the source wins.
 */
function isTargetNewer(source: SourceSide, target: TargetSide, { replicated }: OwnPuts): boolean {
  return Math.max(target.pushedAt ?? 0, replicated?.at ?? 0) > source.pushedAt;
}
