import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
import { FAILURE_REASONS } from "./failure-reason.ts";
import { QUARANTINE_REASONS } from "./gate-audit.ts";

/** The target's tag names an image that Freightliner did not put there, and keeps it, as the rule says. */
const CONFLICT_SKIPS = [
  /** The rule skips such tags. */
  "conflict",
  /** The source's image was copied without a tag. */
  "target-wins",
  /** The image at the target is the newer one. */
  "target-newer",
  /** The tag was deleted at the target, which is a source of other registries, and deletes are mirrored. */
  "target-deleted",
] as const;
export type ConflictSkip = (typeof CONFLICT_SKIPS)[number];

/** Why there is nothing to copy. */
export const SKIP_REASONS = [
  /** The source no longer has the tag. */
  "source-gone",
  /** Docker's schema 1, which current registries refuse. */
  "schema1",
  /** No rule of the configuration selects it. */
  "no-rule",
  /** A rule excludes it, and no other rule selects it. */
  "excluded",
  /** A tag of the repository at the source says so. */
  "repository-tag",
  /** A rule copies only the newest tags, and it is none of them. */
  "not-latest",
  /** A rule does not copy artifacts of its type. */
  "artifact-type",
  /** It has none of the platforms that its rule copies. */
  "platform",
  /** Untagged content that is attached to nothing and that no rule selects. */
  "untagged",
  /** No rule selects it, and the target does not have the image that it is attached to. */
  "subject-absent",
  /** An operator has cancelled the copy. */
  "cancelled",
  /** The event requires no copy: another action, a failed push, another registry. */
  "event-ignored",
  ...CONFLICT_SKIPS,
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** Why a tag is deleted at the target. */
export const DELETE_CAUSES = [
  /** The source no longer has it. */
  "source-deleted",
  /** Its rule keeps only the newest tags, and it is none of them. */
  "retention",
] as const;
export type DeleteCause = (typeof DELETE_CAUSES)[number];

/** Why a tag that was due was not deleted at the target. */
export const PROTECT_REASONS = [
  /** Its rule only reports. */
  "dry-run",
  /** It was pushed again, or copied again, since its tombstone was written. */
  "pushed-again",
  /** The source has it after all. */
  "at-source",
  /** The source has archived its image. */
  "archived",
  /** No copy of this deployment put it there. */
  "not-ours",
  /** Something else moved it at the target. */
  "moved-at-target",
  /** The target does not delete single tags, or does not allow it. */
  "target-refuses",
] as const;
export type ProtectReason = (typeof PROTECT_REASONS)[number];

/** Why a request is deferred. Only `attempt-failed` counts an attempt. */
export const DEFER_REASONS = [
  "busy",
  "circuit-open",
  "deadline",
  "lease-lost",
  "rate-limited",
  "unavailable",
  "uncertain",
  /** The destination accepts the login but denies access, most likely to every repository. */
  "access-denied",
  /** A registry or its token server refuses the login. */
  "login-refused",
  "attempt-failed",
  /** Its rule copies images from a certain age on. */
  "too-young",
  /** The gate of its rule waits for a signature, an attachment or a scan. */
  "gate",
  /** No rule of this container selects a fresh push: the rule that requested it may belong to a configuration that is being rolled out. */
  "rule-pending",
  /** The image does not fit into the time limit of the function: it goes to the long lane, which has hours. */
  "long-lane",
  /** An operator has paused its repository: it was set aside. */
  "repository-paused",
  /** Unexpected failure of the function. */
  "crashed",
] as const;
export type DeferReason = (typeof DEFER_REASONS)[number];

const Failed = z.object({
  outcome: z.literal("failed"),
  reason: z.enum(FAILURE_REASONS),
});
const Skipped = z.object({ outcome: z.literal("skipped"), reason: z.enum(SKIP_REASONS) });
const Quarantined = z.object({ outcome: z.literal("quarantined"), reason: z.enum(QUARANTINE_REASONS) });
/** What was quarantined, when, and by which configuration: the comparison asks again when one of them changes. */
const LastQuarantined = Quarantined.extend({
  digest: z.string().refine(isDigest),
  at: z.number(),
  configuration: z.string(),
});
const Superseded = z.object({ outcome: z.literal("superseded"), reason: z.literal("newer-push") });
const Replicated = z.object({ outcome: z.literal("replicated") });
const Unchanged = z.object({ outcome: z.literal("unchanged") });
/**
 * `since`: time of the first delivery in a row that was deferred for this reason; epoch milliseconds. `followsProblem`: before that, the tag had failed or
 * was quarantined.
 */
const Deferred = z.object({
  outcome: z.literal("deferred"),
  reason: z.enum(DEFER_REASONS),
  since: z.number(),
  followsProblem: z.literal(true).optional(),
});

/** How a request ended. */
export const FinalOutcome = z.discriminatedUnion("outcome", [
  Replicated,
  Unchanged,
  Superseded,
  Skipped,
  Quarantined,
  Failed,
]);
export type FinalOutcome = z.infer<typeof FinalOutcome>;

/** How a tombstone ended. */
export const DeleteOutcome = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("deleted"), reason: z.enum(DELETE_CAUSES) }),
  z.object({ outcome: z.literal("protected"), reason: z.enum(PROTECT_REASONS) }),
]);
export type DeleteOutcome = z.infer<typeof DeleteOutcome>;

/** How the last delivery of a tag ended, as its record stores it. */
export const LastOutcome = z.discriminatedUnion("outcome", [
  Replicated,
  Unchanged,
  Superseded,
  Skipped,
  LastQuarantined,
  Failed,
  Deferred,
]);
export type LastOutcome = z.infer<typeof LastOutcome>;

/** An outcome in words: `replicated`, `failed: target-denied`. */
export function describeOutcome(kept: LastOutcome | FinalOutcome | DeleteOutcome): string {
  return "reason" in kept ? `${kept.outcome}: ${kept.reason}` : kept.outcome;
}
