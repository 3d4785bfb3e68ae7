import * as z from "zod";
import type { CopyReport } from "./copy-report.ts";
import { FAILURE_REASONS } from "./failure-reason.ts";

/** Why there is nothing to copy. */
export const SKIP_REASONS = [
  /** The tag is not at the source any more. */
  "source-gone",
  /** Docker's schema 1: no registry of today takes it. */
  "schema1",
  /** No rule of the configuration names it. */
  "no-rule",
  /** Content without a tag that is attached to nothing, and that no rule selects by itself. */
  "untagged",
  /** No rule selects it by itself, and the target does not have what it is attached to. */
  "subject-absent",
  /** The event asks for no copy: another action, a failed push, another registry. */
  "event-ignored",
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** Why a request waits. Only `attempt-failed` spends an attempt. */
export const DEFER_REASONS = [
  "busy",
  "circuit-open",
  "deadline",
  "lease-lost",
  "rate-limited",
  "unavailable",
  "uncertain",
  /** The destination lets us log in, and refuses what we ask for: everything we ask for, as far as is known. */
  "access-denied",
  /** A registry, or who issues its tokens, does not let us log in. */
  "login-refused",
  "attempt-failed",
  /** It takes longer than a delivery here may: it is for the long lane, which has hours. */
  "long-lane",
  /** The function failed in a way that was not foreseen. */
  "crashed",
] as const;
export type DeferReason = (typeof DEFER_REASONS)[number];

const Failed = z.object({
  outcome: z.literal("failed"),
  reason: z.enum(FAILURE_REASONS),
});
const Skipped = z.object({ outcome: z.literal("skipped"), reason: z.enum(SKIP_REASONS) });
const Superseded = z.object({ outcome: z.literal("superseded"), reason: z.literal("newer-push") });
const Replicated = z.object({ outcome: z.literal("replicated") });
const Unchanged = z.object({ outcome: z.literal("unchanged") });
/** `since`: the first of the deliveries in a row that waited for this reason; epoch milliseconds. */
const Deferred = z.object({ outcome: z.literal("deferred"), reason: z.enum(DEFER_REASONS), since: z.number() });

/** How a request ended. */
export const FinalOutcome = z.discriminatedUnion("outcome", [Replicated, Unchanged, Superseded, Skipped, Failed]);
export type FinalOutcome = z.infer<typeof FinalOutcome>;

/** How the last delivery at a tag ended: what the tag's record keeps of it. */
export const LastOutcome = z.discriminatedUnion("outcome", [
  Replicated,
  Unchanged,
  Superseded,
  Skipped,
  Failed,
  Deferred,
]);
export type LastOutcome = z.infer<typeof LastOutcome>;

/** What is kept of the end of a request. */
export function finalOutcome(report: Exclude<CopyReport, { outcome: "deferred" }>): FinalOutcome {
  switch (report.outcome) {
    case "replicated":
    case "unchanged":
      return { outcome: report.outcome };
    case "superseded":
      return { outcome: report.outcome, reason: report.reason };
    case "skipped":
      return { outcome: report.outcome, reason: report.reason };
    case "failed":
      return { outcome: report.outcome, reason: report.reason };
  }
}

/** What is kept of a delivery, after what was kept of the one before. @param now epoch milliseconds. */
export function lastOutcome(report: CopyReport, before: LastOutcome | undefined, now: number): LastOutcome {
  if (report.outcome !== "deferred") return finalOutcome(report);
  const { outcome, reason } = report;
  const isSame = before?.outcome === "deferred" && before.reason === reason;
  return { outcome, reason, since: isSame ? before.since : now };
}

/** An outcome in words: `replicated`, `failed: target-denied`. */
export function describeOutcome(kept: LastOutcome | FinalOutcome): string {
  return "reason" in kept ? `${kept.outcome}: ${kept.reason}` : kept.outcome;
}
