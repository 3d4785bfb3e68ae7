import { FormatError } from "../../oci/errors/format-error.ts";
import { isContentMissing, RegistryError } from "../../oci/errors/registry-error.ts";
import type { FailureOutcome } from "../outcome/copy-report.ts";
import { refusalReason } from "../outcome/failure-reason.ts";
import { HeldByLongLaneError } from "../state/upload-claims.ts";
import type { FailureReason } from "../outcome/failure-reason.ts";
import { LeaseLostError } from "../state/lease-heartbeat.ts";
import { MissingContentError } from "../image/image-tree.ts";
import type { DeferReason, LastOutcome } from "../outcome/outcome.ts";
import { SparseIndexRefusedError } from "../image/sparse-target.ts";
import { UncertainPutError } from "./publish-tag.ts";
import { RateExceededError } from "../../oci/errors/rate-exceeded-error.ts";
import { StoreError } from "../state/record-store.ts";
import { TooLateError } from "../pacing/time-budget.ts";
import { UploadNotKeptError } from "../state/failed-sends.ts";

type Deferred = Extract<FailureOutcome, { outcome: "deferred" }>;

/** What decides the outcome of a failure, besides the error. */
export interface FailureContext {
  /** Deadline of the delivery. A timeout defers the request and counts no attempt. */
  readonly deadline: AbortSignal;
  /** Failed attempts at this tag, this one included. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** How the previous delivery ended. */
  readonly before: LastOutcome | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Waits before the next delivery, in milliseconds. The back-off after failed attempts doubles up to its maximum. */
const SOON_MS = 2_000;
const BACKOFF_MS = 5_000;
const BACKOFF_MAX_MS = 900_000;
const UNAVAILABLE_MS = 30_000;
/** Refusals that concern the whole registry, and the reason to defer with. */
const ACCESS: Readonly<Partial<Record<FailureReason, DeferReason>>> = {
  "source-login-refused": "login-refused",
  "target-login-refused": "login-refused",
  "target-denied": "access-denied",
};
/** Wait after the first such refusal, and time until the request fails, in milliseconds. The queue keeps messages much longer. */
const ACCESS_FIRST_MS = 30_000;
const ACCESS_MAX_MS = 3 * 86_400_000;

/** The outcome of a request after an error: deferred, with a wait, or failed for good. */
export function failureOutcome(error: unknown, context: FailureContext): FailureOutcome {
  const { deadline, random } = context;
  if (error instanceof UploadNotKeptError) return notKeptOutcome(error, random);
  if (error instanceof UncertainPutError) {
    return { outcome: "deferred", reason: "uncertain", afterMs: jittered(UNAVAILABLE_MS, random), error };
  }
  if (deadline.aborted) return { outcome: "deferred", reason: "deadline", afterMs: 0 };
  return waitOutcome(error, random) ?? finalOrRetry(error, context);
}

/** The outcome of an error that is temporary; undefined for others. */
function waitOutcome(error: unknown, random: () => number): Deferred | undefined {
  if (error instanceof TooLateError) return { outcome: "deferred", reason: "deadline", afterMs: 0, error };
  if (error instanceof LeaseLostError) return { outcome: "deferred", reason: "lease-lost", afterMs: SOON_MS, error };
  if (error instanceof RateExceededError) {
    const afterMs = error.afterMs + jittered(error.afterMs, random);
    return { outcome: "deferred", reason: "rate-limited", afterMs, error };
  }
  if (error instanceof HeldByLongLaneError) {
    const afterMs = error.afterMs + jittered(BACKOFF_MS, random);
    return { outcome: "deferred", reason: "busy", afterMs, error };
  }
  if (error instanceof StoreError) {
    return { outcome: "deferred", reason: "unavailable", afterMs: jittered(UNAVAILABLE_MS, random), error };
  }
  return undefined;
}

function finalOrRetry(error: unknown, context: FailureContext): FailureOutcome {
  if (error instanceof FormatError) return { outcome: "failed", reason: "malformed-image", error };
  if (error instanceof SparseIndexRefusedError) return { outcome: "failed", reason: "target-sparse-refused", error };
  if (error instanceof MissingContentError) return { outcome: "failed", reason: "source-incomplete", error };
  // The target may have garbage-collected content before its manifest arrived. A retry may succeed.
  if (isContentMissing(error)) return attemptOutcome(error, context);
  if (error instanceof RegistryError) return registryOutcome(error, context);
  return attemptOutcome(error, context);
}

/** An upload that the target does not keep is retried after a longer wait than an outage, and given up after a few times. */
function notKeptOutcome(error: UploadNotKeptError, random: () => number): FailureOutcome {
  if (error.afterMs === undefined) return { outcome: "failed", reason: "target-upload-not-kept", error };
  const afterMs = error.afterMs + jittered(UNAVAILABLE_MS, random);
  return { outcome: "deferred", reason: "unavailable", afterMs, error };
}

/** A registry that is busy or unavailable is waited for: an outage counts no attempt, however long it lasts. */
function registryOutcome(error: RegistryError, context: FailureContext): FailureOutcome {
  const { random } = context;
  if (error.category === "permanent") return refusalOutcome(error, context);
  const reason = error.status === 429 || error.code === "TOOMANYREQUESTS" ? "rate-limited" : "unavailable";
  const afterMs = (error.retryAfterMs ?? UNAVAILABLE_MS / 2) + jittered(UNAVAILABLE_MS, random);
  return { outcome: "deferred", reason, afterMs, error };
}

/**
 * A missing permission or login affects everything at that registry, and may be granted at any time. Then copies continue without
 * a redrive (decision 32). An alarm reports it. A request that is still refused after days becomes a dead letter.
 */
function refusalOutcome(error: RegistryError, { before, now, random }: FailureContext): FailureOutcome {
  const refusal = refusalReason(error);
  const reason = ACCESS[refusal];
  if (reason === undefined) return { outcome: "failed", reason: refusal, error };
  const since = before?.outcome === "deferred" && before.reason === reason ? before.since : now;
  const refusedMs = Math.max(now - since, 0);
  if (refusedMs >= ACCESS_MAX_MS) return { outcome: "failed", reason: refusal, error };
  const afterMs = Math.min(ACCESS_FIRST_MS + refusedMs / 2, BACKOFF_MAX_MS);
  return { outcome: "deferred", reason, afterMs: Math.round(afterMs / 2) + jittered(afterMs / 2, random), error };
}

function attemptOutcome(error: unknown, { attempts, maxAttempts, random }: FailureContext): FailureOutcome {
  if (attempts >= maxAttempts) return { outcome: "failed", reason: "attempts-exhausted", error };
  const backoff = Math.min(BACKOFF_MS * 2 ** (attempts - 1), BACKOFF_MAX_MS);
  return { outcome: "deferred", reason: "attempt-failed", afterMs: backoff / 2 + jittered(backoff / 2, random), error };
}

function jittered(ms: number, random: () => number): number {
  return Math.round(random() * ms);
}
