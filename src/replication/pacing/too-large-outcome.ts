import type { Digest } from "../../oci/digest.ts";
import type { CopyReport } from "../outcome/copy-report.ts";
import { TooLargeError } from "./time-budget.ts";

type Deferred = Extract<CopyReport, { outcome: "deferred" }>;
type Failed = Extract<CopyReport, { outcome: "failed" }>;

/** What is known of an image that did not fit. */
export interface TooLargeHistory {
  /** There is a long lane, and this is not it. */
  readonly hasLongLane?: boolean | undefined;
  /** The image that did not fit into the time limit of an earlier delivery. */
  readonly tooLarge: Digest | undefined;
  /** Failed deliveries of that image without a long lane, or in it. */
  readonly tooLargeTries: number | undefined;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Deliveries without a long lane, or in it, after which an image is given up: a slow connection may be temporary. */
const MAX_TRIES = 3;
/** Longest wait before a request that could not be handed to the long lane is retried, in milliseconds. */
const RETRY_MS = 30_000;

/** The outcome for an image that is known not to fit: it is not tried again, because each try sends bytes in vain. */
export function knownTooLargeOutcome(
  digest: Digest,
  { hasLongLane, tooLarge, random }: TooLargeHistory,
): Deferred | undefined {
  return hasLongLane === true && tooLarge === digest ? forLongLane(digest, random) : undefined;
}

/**
 * The outcome for an image that did not fit; undefined for every other error. It goes to the long lane at once. Without a long
 * lane, and in the long lane itself, it is retried up to {@link MAX_TRIES} deliveries.
 */
export function tooLargeOutcome(
  error: unknown,
  digest: Digest,
  history: TooLargeHistory,
): Deferred | Failed | undefined {
  if (!(error instanceof TooLargeError)) return undefined;
  const { hasLongLane, tooLarge, tooLargeTries = 0, random } = history;
  if (hasLongLane === true) return { ...forLongLane(digest, random), error };
  const tries = (tooLarge === digest ? tooLargeTries : 0) + 1;
  if (tries >= MAX_TRIES) return { outcome: "failed", reason: "too-large", error };
  return { outcome: "deferred", reason: "attempt-failed", afterMs: 0, error, tooLarge: digest, tooLargeTries: tries };
}

function forLongLane(tooLarge: Digest, random: () => number): Deferred {
  return { outcome: "deferred", reason: "long-lane", afterMs: Math.round(random() * RETRY_MS), tooLarge };
}
