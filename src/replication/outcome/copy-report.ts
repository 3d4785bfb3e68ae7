import type { Digest } from "../../oci/digest.ts";
import type { FailureReason } from "./failure-reason.ts";
import type { LeftOut } from "./left-out.ts";
import type { DeferReason, SkipReason } from "./outcome.ts";
import type { CopyStatistics } from "./copy-statistics.ts";

/** How one delivery of a request ended, and what it sent. All but `deferred` end the request. */
export type CopyReport = Ending & {
  /** Bytes of blobs that were sent, also of those that did not end: all are paid for. Absent for none. */
  readonly bytesSent?: number;
  /** What the source names and the copy did not bring, its companions' own copies included. Absent for nothing. */
  readonly leftOut?: readonly LeftOut[];
};

type Ending =
  /** The target's tag names this digest now, as the registry confirmed, with everything under it. */
  | {
      readonly outcome: "replicated";
      readonly digest: Digest;
      readonly statistics: CopyStatistics;
      readonly lagMs: number;
    }
  /** It did so before. */
  | { readonly outcome: "unchanged"; readonly digest: Digest }
  /** It does so, by the request of a newer push. */
  | { readonly outcome: "superseded"; readonly reason: "newer-push"; readonly digest: Digest }
  /** There is nothing to copy, and there will not be. */
  | { readonly outcome: "skipped"; readonly reason: SkipReason }
  /** Not now. */
  | {
      readonly outcome: "deferred";
      readonly reason: DeferReason;
      /** Milliseconds until it makes sense again. */
      readonly afterMs: number;
      readonly error?: unknown;
      /** The image that a delivery here is too short for, and how often it was tried where no other lane has more time. */
      readonly tooLarge?: Digest;
      readonly tooLargeTries?: number;
    }
  /** Never, until somebody changes something: goes to the dead letters with its reason. */
  | { readonly outcome: "failed"; readonly reason: FailureReason; readonly error: unknown };
