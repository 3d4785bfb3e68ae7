import type { Digest } from "../../oci/digest.ts";
import type { FailureReason } from "./failure-reason.ts";
import type { ReportedConflict } from "./conflict.ts";
import type { GateAudit, QuarantineReason } from "./gate-audit.ts";
import type { LeftOut } from "./left-out.ts";
import type { DeferReason, FinalOutcome, LastOutcome, SkipReason } from "./outcome.ts";
import type { CopyStatistics } from "./copy-statistics.ts";

/** How one delivery of a request ended, and what it sent. Every outcome except `deferred` ends the request. */
export type CopyReport = Ending & {
  /** Bytes of blobs sent, including unfinished ones: all incur egress cost. Absent for none. */
  readonly bytesSent?: number;
  /** Content that the source names and the copy left out, including the copies of companions. Absent for none. */
  readonly leftOut?: readonly LeftOut[];
  /** The target's tag named an image that Freightliner had not put there. Absent: it did not. */
  readonly conflict?: ReportedConflict;
  /** The image of the source, if the target was given only some of its platforms. */
  readonly origin?: ImageOrigin;
  /** What the gate of the rule found out. Absent where no gate was asked. */
  readonly gate?: GateAudit | undefined;
  /** The tag had failed or was quarantined before, and now the target has the image. Absent: it had not, or has not. */
  readonly repairs?: true;
};

/** An index of the source, and the platforms of it that were copied (see `formatFilter`). */
export interface ImageOrigin {
  readonly digest: Digest;
  readonly platforms: string;
}

/** A request that is not done. */
export type FailureOutcome = Extract<CopyReport, { readonly outcome: "deferred" | "failed" }>;

type Ending =
  /** The target's tag names this digest now, with all its content; the registry confirmed it. */
  | {
      readonly outcome: "replicated";
      readonly digest: Digest;
      readonly statistics: CopyStatistics;
      readonly lagMs: number;
    }
  /** The target's tag already named this digest. */
  | { readonly outcome: "unchanged"; readonly digest: Digest }
  /** The target's tag names this digest because of the request of a newer push. */
  | { readonly outcome: "superseded"; readonly reason: "newer-push"; readonly digest: Digest }
  /** There is nothing to copy, now or later. */
  | {
      readonly outcome: "skipped";
      readonly reason: SkipReason;
      /** Of a copy that an operator has cancelled: who, and the image, if it was known. */
      readonly cancelled?: { readonly by: string; readonly digest: Digest | undefined };
    }
  /** The gate of its rule keeps the image at the source, until the image, its signatures or the configuration change. */
  | {
      readonly outcome: "quarantined";
      readonly reason: QuarantineReason;
      readonly digest: Digest;
      /** The version of the configuration that decided. */
      readonly configuration: string;
    }
  /** To be tried again later. */
  | {
      readonly outcome: "deferred";
      readonly reason: DeferReason;
      /** Milliseconds until a retry is useful. */
      readonly afterMs: number;
      readonly error?: unknown;
      /** The image that this lane's deliveries are too short for, and how often it was tried where no lane has more time. */
      readonly tooLarge?: Digest;
      readonly tooLargeTries?: number;
      /** The image that waits for its gate: since when, and when the gate was last asked; epoch milliseconds. */
      readonly gateWait?: { readonly digest: Digest; readonly since: number; readonly at: number };
    }
  /** Retrying cannot succeed until an operator changes something: becomes a dead letter with its reason. */
  | { readonly outcome: "failed"; readonly reason: FailureReason; readonly error: unknown };

/** Outcomes after which the target has the tag as the source has it. */
export const EQUAL: readonly string[] = ["replicated", "unchanged", "superseded"] satisfies CopyReport["outcome"][];

/** Such an end may have been announced as a problem. A deferral is none: a backfill may defer each of its images. */
function isProblem(last: LastOutcome): boolean {
  if (last.outcome === "deferred") return last.followsProblem === true;
  return last.outcome === "failed" || last.outcome === "quarantined";
}

/** The report of a delivery, and whether it repairs what the one before left. @param before how that ended. */
export function withRepair(report: CopyReport, before: LastOutcome | undefined): CopyReport {
  const isRepair = before !== undefined && isProblem(before) && EQUAL.includes(report.outcome);
  return isRepair ? { ...report, repairs: true } : report;
}

/** The outcome that a receipt stores. */
export function finalOutcome(report: Exclude<CopyReport, { outcome: "deferred" }>): FinalOutcome {
  return report.outcome === "quarantined" ? { outcome: report.outcome, reason: report.reason } : endingOf(report);
}

/** Of outcomes that a receipt and a tag record store alike. */
function endingOf(
  report: Exclude<CopyReport, { outcome: "deferred" | "quarantined" }>,
): Exclude<FinalOutcome, { outcome: "quarantined" }> {
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

/** The outcome that a tag record stores. @param before the stored outcome of the previous delivery. @param now epoch milliseconds. */
export function lastOutcome(report: CopyReport, before: LastOutcome | undefined, now: number): LastOutcome {
  switch (report.outcome) {
    case "deferred": {
      const { outcome, reason } = report;
      const isSame = before?.outcome === "deferred" && before.reason === reason;
      const problem = before !== undefined && isProblem(before) ? ({ followsProblem: true } as const) : {};
      return { outcome, reason, since: isSame ? before.since : now, ...problem };
    }
    case "quarantined": {
      const { outcome, reason, digest, configuration } = report;
      return { outcome, reason, digest, configuration, at: now };
    }
    default:
      return endingOf(report);
  }
}

/** Fields of the log line and the receipt; empty for a whole image. */
export function originFields({ origin }: { readonly origin?: ImageOrigin | undefined }): {
  readonly sourceDigest?: string;
  readonly platforms?: string;
} {
  return origin === undefined ? {} : { sourceDigest: origin.digest, platforms: origin.platforms };
}
