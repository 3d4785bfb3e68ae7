import type { RegistryOperation } from "../../oci/errors/registry-error.ts";

/** How a request is tried again in place. The queue behind is the second and last layer of retries. */
export interface RetryPolicy {
  /** Tries in all, the first one included. */
  readonly tries: number;
  /** Full jitter: a wait is uniform in [0, baseMs * 2^n) milliseconds, for a registry that is busy in [0, baseMs * 4^n). */
  readonly baseMs: number;
  /** The longest wait a registry that is busy (429, 503) is given in place, in milliseconds; above, the caller decides. */
  readonly busyMs: number;
}

export type RetryPreset = "off" | "standard" | "patient";

/** `standard` has a queue behind it, `patient` a person who waits. */
const PRESETS = {
  off: { tries: 1, baseMs: 0, busyMs: 0 },
  standard: { tries: 3, baseMs: 200, busyMs: 2_000 },
  patient: { tries: 5, baseMs: 500, busyMs: 60_000 },
} as const satisfies Record<RetryPreset, RetryPolicy>;

/** A preset for every operation, and what is different for some. */
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
