import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { isTag } from "../../oci/reference.ts";

const digest = z.string().refine(isDigest);

/**
 * A conflict that was decided, as the record of the tag stores it. As long as both sides name these digests and the rule is the same, the
 * comparison has nothing to request. Times are epoch milliseconds.
 */
export const DecidedConflict = z.object({
  /** As in `policyKey`. */
  policy: z.string(),
  /** What the source's tag names, even if only a part of it was copied. */
  source: digest,
  /** What the target's tag names after the decision; absent: nothing, because it was deleted there. */
  target: digest.optional(),
  /** The tag that the source's image got instead. */
  as: z.object({ tag: z.string().refine(isTag), digest }).optional(),
  at: z.number(),
  /** Then it is decided again, although nothing has changed; absent: never. */
  until: z.number().optional(),
});
export type DecidedConflict = z.infer<typeof DecidedConflict>;

/** A conflict that a delivery decided, as its report says it. */
export interface ReportedConflict extends Omit<DecidedConflict, "at"> {
  readonly decision: "overwrite" | "keep" | "fail" | "rename" | "merge";
  /** What the target's tag named, and Freightliner had not put there; undefined: nothing, because it was deleted there. */
  readonly found: Digest | undefined;
}

/** One line: what was found, and what was done. */
export function describeConflict({ policy, decision, found, target, as }: ReportedConflict): string {
  if (found === undefined)
    return `${policy}: the tag was deleted at the target, and stays so until the source has another push`;
  if (decision === "merge") return `${policy}: ${target ?? ""} has the source's platforms, and others of ${found}`;
  const done = {
    overwrite: "was replaced",
    keep: "keeps the tag",
    fail: "keeps the tag until someone decides",
    rename: `keeps the tag, and the source's image has the tag ${as?.tag ?? ""}`,
  }[decision];
  return `${policy}: ${found}, which Freightliner did not put there, ${done}`;
}

/** The field of the log line and the receipt; empty when there was no conflict. */
export function conflictField(conflict: ReportedConflict | undefined): { readonly conflict?: string } {
  return conflict === undefined ? {} : { conflict: describeConflict(conflict) };
}

/** The tag of the target is taken, and the rule says that this must not be decided without a person. */
export class TargetConflictError extends Error {
  override readonly name = "TargetConflictError";
}
