/** The side of a copy that failed. Only failures of the target count towards the target's circuit. */
export type Side = "source" | "target";

/** The purpose of a request; names follow the verbs of the distribution-spec. */
export const REGISTRY_OPERATIONS = [
  "resolve",
  "fetch-manifest",
  "open-blob",
  "head-blob",
  "list-referrers",
  "list-tags",
  "start-upload",
  "put-blob",
  "put-manifest",
  "delete-manifest",
  "get-token",
  "get-credentials",
] as const;
export type RegistryOperation = (typeof REGISTRY_OPERATIONS)[number];

/**
 * When a retry makes sense. `transient`: soon. `deferred`: later, because the registry is busy or unavailable. `permanent`: not until
 * the image, the registry or the configuration changes.
 */
export type FailureCategory = "transient" | "deferred" | "permanent";

export interface RegistryFailure {
  readonly side: Side;
  readonly operation: RegistryOperation;
  readonly category: FailureCategory;
  /** A reference such as `registry/repository:tag`. Never a URL with a query, which can contain a signature. */
  readonly subject: string;
  /** HTTP status, when an answer came. */
  readonly status?: number | undefined;
  /** First error code of the answer (distribution-spec, "Error Codes"). */
  readonly code?: string | undefined;
  /** How long the registry asked us to wait, in milliseconds (RFC 9110, Retry-After). */
  readonly retryAfterMs?: number | undefined;
}

/** A registry did not do what was asked. Thrown by every adapter of {@link ImageSource} and {@link ImageTarget}. */
export class RegistryError extends Error implements RegistryFailure {
  override readonly name = "RegistryError";
  readonly side: Side;
  readonly operation: RegistryOperation;
  readonly category: FailureCategory;
  readonly subject: string;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** What went wrong, without side, operation and subject. */
  readonly problem: string;

  constructor(failure: RegistryFailure, problem: string, options?: ErrorOptions) {
    super(`${failure.side} ${failure.operation} ${failure.subject}: ${problem}`, options);
    this.problem = problem;
    this.side = failure.side;
    this.operation = failure.operation;
    this.category = failure.category;
    this.subject = failure.subject;
    this.status = failure.status;
    this.code = failure.code;
    this.retryAfterMs = failure.retryAfterMs;
  }
}

/** The same failure with another category, for example when retries are exhausted. */
export function recategorized(error: RegistryError, category: FailureCategory): RegistryError {
  const { side, operation, subject, status, code, retryAfterMs, problem } = error;
  return new RegistryError({ side, operation, subject, status, code, retryAfterMs, category }, problem, {
    cause: error.cause,
  });
}

const DENIALS = new Set(["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_UNKNOWN"]);

/** True when the target refused a manifest because content that it references is missing there. */
export function isContentMissing(error: unknown): boolean {
  return (
    error instanceof RegistryError &&
    error.operation === "put-manifest" &&
    error.code !== undefined &&
    DENIALS.has(error.code)
  );
}
