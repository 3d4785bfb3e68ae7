import type { RegistryOperation } from "../../oci/errors/registry-error.ts";

/** How a request is retried in place. The queue is the second and last layer of retries. */
export interface RetryPolicy {
  /** Number of tries, including the first. */
  readonly tries: number;
  /** Full jitter: a wait is uniform in [0, baseMs * 2^n) milliseconds; while the registry is busy, in [0, baseMs * 4^n). */
  readonly baseMs: number;
  /** Longest wait in place for a busy registry (429, 503), in milliseconds. When it asks for more, the failure is thrown. */
  readonly busyMs: number;
}

export type RetryPreset = "off" | "standard" | "patient";

/** `standard` relies on a queue for further retries; `patient` is for a user who waits. */
const PRESETS = {
  off: { tries: 1, baseMs: 0, busyMs: 0 },
  standard: { tries: 3, baseMs: 200, busyMs: 2_000 },
  patient: { tries: 5, baseMs: 500, busyMs: 60_000 },
} as const satisfies Record<RetryPreset, RetryPolicy>;

/** A preset for all operations, and overrides for some. */
export interface RetryPolicies {
  readonly preset: RetryPreset;
  readonly operations?: { readonly [operation in RegistryOperation]?: Overrides | undefined };
}

type Overrides = { readonly [field in keyof RetryPolicy]?: RetryPolicy[field] | undefined };

export function retryPolicy({ preset, operations }: RetryPolicies, operation: RegistryOperation): RetryPolicy {
  const policy = PRESETS[preset];
  const { tries = policy.tries, baseMs = policy.baseMs, busyMs = policy.busyMs } = operations?.[operation] ?? {};
  return { tries, baseMs, busyMs };
}
