import { FormatError } from "../oci/format-error.ts";
import { RegistryError } from "../oci/registry-error.ts";
import { deniesContent } from "./copy-image.ts";
import type { CopyReport } from "./copy-report.ts";
import { LeaseLostError } from "./heartbeat.ts";
import { MissingContentError } from "./image-tree.ts";
import { UncertainPutError } from "./publish.ts";
import { StoreError } from "./record-store.ts";

export interface Judgement {
  /** The delivery's own deadline; running out of time is an outcome, not a failure. */
  readonly deadline: AbortSignal;
  /** Failed attempts at this tag, this one included. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Waits before a next delivery, in milliseconds; attempts double theirs, up to the longest one. */
const SOON_MS = 2_000;
const BACKOFF_MS = 5_000;
const BACKOFF_MAX_MS = 900_000;
const UNAVAILABLE_MS = 30_000;

/** What a failure means for the request: never again, or when. */
export function judge(error: unknown, judgement: Judgement): Extract<CopyReport, { outcome: "deferred" | "failed" }> {
  const { deadline, random } = judgement;
  if (deadline.aborted && !(error instanceof UncertainPutError))
    return { outcome: "deferred", reason: "deadline", afterMs: 0 };
  if (error instanceof UncertainPutError) {
    return { outcome: "deferred", reason: "uncertain", afterMs: jittered(UNAVAILABLE_MS, random), error };
  }
  if (error instanceof LeaseLostError) return { outcome: "deferred", reason: "lease-lost", afterMs: SOON_MS, error };
  if (error instanceof StoreError) {
    return { outcome: "deferred", reason: "unavailable", afterMs: jittered(UNAVAILABLE_MS, random), error };
  }
  if (error instanceof FormatError) return { outcome: "failed", reason: "malformed-image", error };
  if (error instanceof MissingContentError) return { outcome: "failed", reason: "source-incomplete", error };
  // A target that collects what is sent faster than it is sent: it may stop doing so.
  if (deniesContent(error)) return judgeAttempt(error, judgement);
  if (error instanceof RegistryError) return judgeRegistry(error, random);
  return judgeAttempt(error, judgement);
}

/** A registry that is busy or away, also one that failed every try in place, is waited for: an outage uses up nobody's attempts. */
function judgeRegistry(
  error: RegistryError,
  random: () => number,
): Extract<CopyReport, { outcome: "deferred" | "failed" }> {
  if (error.category === "permanent") {
    const what = error.code ?? (error.status === undefined ? "refused" : `http-${error.status}`);
    return { outcome: "failed", reason: `${error.side}-${what.toLowerCase().replaceAll("_", "-")}`, error };
  }
  const reason = error.status === 429 || error.code === "TOOMANYREQUESTS" ? "rate-limited" : "unavailable";
  const afterMs = (error.retryAfterMs ?? UNAVAILABLE_MS / 2) + jittered(UNAVAILABLE_MS, random);
  return { outcome: "deferred", reason, afterMs, error };
}

function judgeAttempt(
  error: unknown,
  { attempts, maxAttempts, random }: Judgement,
): Extract<CopyReport, { outcome: "deferred" | "failed" }> {
  if (attempts >= maxAttempts) return { outcome: "failed", reason: "attempts-exhausted", error };
  const backoff = Math.min(BACKOFF_MS * 2 ** (attempts - 1), BACKOFF_MAX_MS);
  return { outcome: "deferred", reason: "attempt-failed", afterMs: backoff / 2 + jittered(backoff / 2, random), error };
}

function jittered(ms: number, random: () => number): number {
  return Math.round(random() * ms);
}
