import type { Digest } from "../../oci/digest.ts";
import type { CopyReport } from "../outcome/copy-report.ts";
import { TooLargeError } from "./time-budget.ts";

type Deferred = Extract<CopyReport, { outcome: "deferred" }>;
type Failed = Extract<CopyReport, { outcome: "failed" }>;

interface Looking {
  /** What cannot fit into a delivery here goes on where there is more time. */
  readonly hasLongLane?: boolean | undefined;
  /** The image that an earlier delivery was too short for, and how often it was tried where no other lane has more time. */
  readonly tooLarge: Digest | undefined;
  readonly tooLargeTries: number | undefined;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Deliveries in which an image is tried where no other lane has more time: what slowed it may pass. */
const MAX_TRIES = 3;
/** Wait before a request is tried again that could not be handed over, in milliseconds. */
const RETRY_MS = 30_000;

/** An image that is known to be too large for a delivery here: not tried again, since each try sends a part of it for nothing. */
export function knownTooLarge(digest: Digest, { hasLongLane, tooLarge, random }: Looking): Deferred | undefined {
  return hasLongLane === true && tooLarge === digest ? forLongLane(digest, random) : undefined;
}

/**
 * An image that has turned out to be too large; undefined for other failures. The long lane gets it at once. Where there is
 * none, and in the long lane itself, it is tried from the start of a delivery a few times, then given up.
 */
export function foundTooLarge(error: unknown, digest: Digest, looking: Looking): Deferred | Failed | undefined {
  if (!(error instanceof TooLargeError)) return undefined;
  const { hasLongLane, tooLarge, tooLargeTries = 0, random } = looking;
  if (hasLongLane === true) return { ...forLongLane(digest, random), error };
  const tries = (tooLarge === digest ? tooLargeTries : 0) + 1;
  if (tries >= MAX_TRIES) return { outcome: "failed", reason: "too-large", error };
  return { outcome: "deferred", reason: "attempt-failed", afterMs: 0, error, tooLarge: digest, tooLargeTries: tries };
}

function forLongLane(tooLarge: Digest, random: () => number): Deferred {
  return { outcome: "deferred", reason: "long-lane", afterMs: Math.round(random() * RETRY_MS), tooLarge };
}
