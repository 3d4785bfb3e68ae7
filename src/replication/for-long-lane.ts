import type { Digest } from "../oci/digest.ts";
import type { CopyReport } from "./copy-report.ts";
import { TooLargeError } from "./time-left.ts";

type Deferred = Extract<CopyReport, { outcome: "deferred" }>;

interface Looking {
  /** What cannot fit into a delivery here goes on where there is more time. */
  readonly hasLongLane?: boolean | undefined;
  /** The image that an earlier delivery was too short for. */
  readonly tooLarge: Digest | undefined;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Wait before a request is tried again that could not be handed over, in milliseconds. */
const RETRY_MS = 30_000;

/** An image that is known to be too large for a delivery here: not tried again, since each try sends a part of it for nothing. */
export function knownTooLarge(digest: Digest, { hasLongLane, tooLarge, random }: Looking): Deferred | undefined {
  return hasLongLane === true && tooLarge === digest ? forLongLane(digest, random) : undefined;
}

/** An image that has turned out to be too large, or that something attached to it is too large for; undefined for other failures. */
export function foundTooLarge(error: unknown, digest: Digest, { hasLongLane, random }: Looking): Deferred | undefined {
  if (hasLongLane !== true || !(error instanceof TooLargeError)) return undefined;
  return { ...forLongLane(digest, random), error };
}

function forLongLane(tooLarge: Digest, random: () => number): Deferred {
  return { outcome: "deferred", reason: "long-lane", afterMs: Math.round(random() * RETRY_MS), tooLarge };
}
