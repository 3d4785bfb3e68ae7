import { FormatError } from "../../oci/errors/format-error.ts";
import { isContentMissing, RegistryError } from "../../oci/errors/registry-error.ts";
import type { CopyReport } from "../outcome/copy-report.ts";
import { refusalReason } from "../outcome/failure-reason.ts";
import { HeldByLongLaneError } from "./upload-claims.ts";
import type { FailureReason } from "../outcome/failure-reason.ts";
import { LeaseLostError } from "../state/lease-heartbeat.ts";
import { MissingContentError } from "../image/image-tree.ts";
import type { DeferReason, LastOutcome } from "../outcome/outcome.ts";
import { UncertainPutError } from "./publish-tag.ts";
import { RateExceededError } from "../../oci/errors/rate-exceeded-error.ts";
import { StoreError } from "../state/record-store.ts";
import { TooLateError } from "../pacing/time-budget.ts";
import { UploadNotKeptError } from "../state/failed-sends.ts";

export interface FailureContext {
  /** The delivery's own deadline; running out of time is an outcome, not a failure. */
  readonly deadline: AbortSignal;
  /** Failed attempts at this tag, this one included. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** How the delivery before this one ended. */
  readonly before: LastOutcome | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Waits before a next delivery, in milliseconds; attempts double theirs, up to the longest one. */
const SOON_MS = 2_000;
const BACKOFF_MS = 5_000;
const BACKOFF_MAX_MS = 900_000;
const UNAVAILABLE_MS = 30_000;
/** Refusals of a whole registry, and as what they are waited for. */
const ACCESS: Readonly<Partial<Record<FailureReason, DeferReason>>> = {
  "source-login-refused": "login-refused",
  "target-login-refused": "login-refused",
  "target-denied": "access-denied",
};
/** Wait after the first such refusal, and how long the refusal is waited out; far less than the queue keeps a message. Milliseconds. */
const ACCESS_FIRST_MS = 30_000;
const ACCESS_PATIENCE_MS = 3 * 86_400_000;

/** What a failure means for the request: never again, or when. */
export function failureOutcome(
  error: unknown,
  context: FailureContext,
): Extract<CopyReport, { outcome: "deferred" | "failed" }> {
  const { deadline, random } = context;
  if (error instanceof UploadNotKeptError) return notKeptOutcome(error, random);
  if (error instanceof UncertainPutError) {
    return { outcome: "deferred", reason: "uncertain", afterMs: jittered(UNAVAILABLE_MS, random), error };
  }
  if (deadline.aborted) return { outcome: "deferred", reason: "deadline", afterMs: 0 };
  return waitOutcome(error, random) ?? finalOrRetry(error, context);
}

/** What passes by itself, when it is waited for. */
function waitOutcome(error: unknown, random: () => number): Extract<CopyReport, { outcome: "deferred" }> | undefined {
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

function finalOrRetry(
  error: unknown,
  context: FailureContext,
): Extract<CopyReport, { outcome: "deferred" | "failed" }> {
  if (error instanceof FormatError) return { outcome: "failed", reason: "malformed-image", error };
  if (error instanceof MissingContentError) return { outcome: "failed", reason: "source-incomplete", error };
  // A target that collects what is sent faster than it is sent: it may stop doing so.
  if (isContentMissing(error)) return attemptOutcome(error, context);
  if (error instanceof RegistryError) return registryOutcome(error, context);
  return attemptOutcome(error, context);
}

/** A target that does not keep uploads is treated as an outage, but with longer pauses and a limited number of retries. */
function notKeptOutcome(
  error: UploadNotKeptError,
  random: () => number,
): Extract<CopyReport, { outcome: "deferred" | "failed" }> {
  if (error.afterMs === undefined) return { outcome: "failed", reason: "target-upload-not-kept", error };
  const afterMs = error.afterMs + jittered(UNAVAILABLE_MS, random);
  return { outcome: "deferred", reason: "unavailable", afterMs, error };
}

/** Defers when a registry is busy or unavailable, also after all retries within the copy: an outage uses up no attempts. */
function registryOutcome(
  error: RegistryError,
  context: FailureContext,
): Extract<CopyReport, { outcome: "deferred" | "failed" }> {
  const { random } = context;
  if (error.category === "permanent") return refusalOutcome(error, context);
  const reason = error.status === 429 || error.code === "TOOMANYREQUESTS" ? "rate-limited" : "unavailable";
  const afterMs = (error.retryAfterMs ?? UNAVAILABLE_MS / 2) + jittered(UNAVAILABLE_MS, random);
  return { outcome: "deferred", reason, afterMs, error };
}

/**
 * A missing permission or login affects all requests for that registry and can be granted at any time: the requests then continue
 * without a redrive (decision 32). One alarm reports it. A request that is still refused after days becomes a dead letter.
 */
function refusalOutcome(
  error: RegistryError,
  { before, now, random }: FailureContext,
): Extract<CopyReport, { outcome: "deferred" | "failed" }> {
  const refusal = refusalReason(error);
  const reason = ACCESS[refusal];
  if (reason === undefined) return { outcome: "failed", reason: refusal, error };
  const since = before?.outcome === "deferred" && before.reason === reason ? before.since : now;
  const refusedMs = Math.max(now - since, 0);
  if (refusedMs >= ACCESS_PATIENCE_MS) return { outcome: "failed", reason: refusal, error };
  const afterMs = Math.min(ACCESS_FIRST_MS + refusedMs / 2, BACKOFF_MAX_MS);
  return { outcome: "deferred", reason, afterMs: Math.round(afterMs / 2) + jittered(afterMs / 2, random), error };
}

function attemptOutcome(
  error: unknown,
  { attempts, maxAttempts, random }: FailureContext,
): Extract<CopyReport, { outcome: "deferred" | "failed" }> {
  if (attempts >= maxAttempts) return { outcome: "failed", reason: "attempts-exhausted", error };
  const backoff = Math.min(BACKOFF_MS * 2 ** (attempts - 1), BACKOFF_MAX_MS);
  return { outcome: "deferred", reason: "attempt-failed", afterMs: backoff / 2 + jittered(backoff / 2, random), error };
}

function jittered(ms: number, random: () => number): number {
  return Math.round(random() * ms);
}
