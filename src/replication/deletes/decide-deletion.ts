import type { Digest } from "../../oci/digest.ts";
import type { SourceImage } from "../reconcile/source-catalog.ts";
import type { ProtectReason } from "../outcome/outcome.ts";
import type { TagRecord } from "../state/tag-record.ts";
import type { TagAtTarget, Tombstone } from "./deletion-record.ts";

/** What the source says about one tag of an existing repository. */
export type SourceTag =
  | { readonly kind: "absent" }
  | { readonly kind: "archived" }
  | { readonly kind: "present"; readonly digest: Digest; readonly pushedAt: number };

/** Everything that decides about a deletion, read while the tag's lease is held. */
export interface DeletionFacts {
  readonly record: TagRecord | undefined;
  readonly source: SourceTag;
  /** What the comparison's listing has under the tag. */
  readonly listed: SourceImage | undefined;
  /** What the tag names at the target now. */
  readonly target: Digest | undefined;
}

export type DeletionDecision =
  | { readonly kind: "delete" }
  | { readonly kind: "protect"; readonly reason: ProtectReason }
  /** The target does not have the tag any more. */
  | { readonly kind: "gone" };

const protect = (reason: ProtectReason): DeletionDecision => ({ kind: "protect", reason });

/** Decides whether a tag that is due is deleted at the target. In doubt, it is not. */
export function decideDeletion(
  tombstone: Pick<Tombstone, "digest" | "seenAt" | "cause" | "tag">,
  { record, source, listed, target }: DeletionFacts,
): DeletionDecision {
  if (target === undefined) return { kind: "gone" };
  if (target !== tombstone.digest) return protect("moved-at-target");
  if (record === undefined || !isOurs(record, tombstone)) return protect("not-ours");
  // ECR's times have whole seconds: a push in the second of the deletion may have followed it.
  if (Math.max(record.wantedAt, record.replicated?.at ?? 0) >= tombstone.seenAt) return protect("pushed-again");
  return bySource(tombstone, source, listed);
}

function bySource(
  { cause }: Pick<Tombstone, "cause">,
  source: SourceTag,
  listed: SourceImage | undefined,
): DeletionDecision {
  if (source.kind === "archived") return protect("archived");
  if (source.kind === "absent") return { kind: "delete" };
  if (cause === "retention" && isAsListed(source, listed)) return { kind: "delete" };
  return protect(listed === undefined ? "at-source" : "pushed-again");
}

/**
 * True when a copy of this deployment has put this image under this tag: one that was there before the first copy was never announced. A merged
 * index is not ours alone.
 */
export function isOurs({ replicated, puts = [] }: TagRecord, { digest }: Pick<TagAtTarget, "digest">): boolean {
  if (replicated?.digest !== digest || replicated.merged === true) return false;
  return puts.some((put) => put.digest === digest);
}

function isAsListed(
  { digest, pushedAt }: Extract<SourceTag, { readonly kind: "present" }>,
  listed: SourceImage | undefined,
): boolean {
  return listed?.digest === digest && listed.pushedAt === pushedAt;
}
