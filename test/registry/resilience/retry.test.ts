import { describe, expect, it } from "vitest";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import type { FailureCategory, RegistryFailure } from "../../../src/oci/errors/registry-error.ts";
import { createLatencyEstimate } from "../../../src/registry/resilience/latency-estimate.ts";
import { createBusyGate } from "../../../src/registry/resilience/busy-gate.ts";
import { retryPolicy } from "../../../src/registry/resilience/retry-policy.ts";
import { retryDelayMs, withRetry } from "../../../src/registry/resilience/retry.ts";
import { createSharedLimits } from "../../../src/registry/resilience/shared-limits.ts";
import { systemClock } from "../../../src/async/system-clock.ts";

const signal = AbortSignal.timeout(600_000);

function failure(category: FailureCategory, more: Partial<RegistryFailure> = {}): RegistryError {
  return new RegistryError({ side: "target", operation: "resolve", subject: "r/a:v1", category, ...more }, "no");
}

/** Fails the given number of times, then succeeds. */
function failing(error: Error, times: number) {
  let tries = 0;
  const attempt = async (): Promise<number> => {
    tries++;
    if (tries <= times) throw error;
    return tries;
  };
  return { attempt, tries: () => tries };
}

const retry = (limits = createSharedLimits()) =>
  ({ operation: "resolve", limits, clock: systemClock, random: () => 0, signal }) as const;

describe("a retry", () => {
  it("repeats after transient failures, three tries in all, then defers", async () => {
    expect(await withRetry(failing(failure("transient"), 2).attempt, retry())).toBe(3);
    const broken = failing(failure("transient", { status: 500 }), 9);
    await expect(withRetry(broken.attempt, retry())).rejects.toMatchObject({ category: "deferred", status: 500 });
    expect(broken.tries()).toBe(3);
  });

  it.each([
    ["permanent", failure("permanent", { status: 403 })],
    ["deferred below HTTP", failure("deferred")],
    ["asked to wait longer than makes sense here", failure("deferred", { status: 429, retryAfterMs: 60_000 })],
    ["no failure of a registry", new TypeError("a bug")],
  ])("does not repeat what is %s", async (_what, error) => {
    const once = failing(error, 9);
    await expect(withRetry(once.attempt, retry())).rejects.toBe(error);
    expect(once.tries()).toBe(1);
  });

  it("waits in place for a registry that is briefly busy", async () => {
    expect(await withRetry(failing(failure("deferred", { status: 429, retryAfterMs: 5 }), 1).attempt, retry())).toBe(2);
    expect(await withRetry(failing(failure("deferred", { status: 503 }), 2).attempt, retry())).toBe(3);
  });

  it("S10: is at most a tenth of all requests once the first few are spent", async () => {
    const limits = createSharedLimits();
    let sent = 0;
    const attempt = async (): Promise<never> => {
      sent++;
      throw failure("transient");
    };
    for (let wanted = 0; wanted < 1_000; wanted++) await withRetry(attempt, retry(limits)).catch(() => undefined);
    expect(sent).toBeLessThanOrEqual(1_000 * 1.12 + 20);
    expect(sent).toBeGreaterThan(1_000);
  });

  it("has presets, and a separate policy for an operation", async () => {
    expect(retryPolicy({ preset: "off" }, "resolve").tries).toBe(1);
    const policies = { preset: "standard", operations: { "put-blob": { tries: 7 } } } as const;
    expect(retryPolicy(policies, "put-blob")).toEqual({ tries: 7, baseMs: 200, busyMs: 2_000 });
    expect(retryPolicy(policies, "resolve").tries).toBe(3);
    const limits = createSharedLimits({ retryPolicies: { preset: "off" } });
    const once = failing(failure("transient"), 1);
    await expect(withRetry(once.attempt, retry(limits))).rejects.toMatchObject({ category: "deferred" });
    expect(once.tries()).toBe(1);
  });

  it("waits with full jitter, doubling", () => {
    const policy = retryPolicy({ preset: "standard" }, "resolve");
    expect(retryDelayMs(failure("transient"), 1, policy, () => 0)).toBe(0);
    expect(retryDelayMs(failure("transient"), 1, policy, () => 0.5)).toBe(200);
    expect(retryDelayMs(failure("transient"), 2, policy, () => 0.5)).toBe(400);
    expect(retryDelayMs(failure("deferred", { status: 429, retryAfterMs: 1_000 }), 1, policy, () => 0.5)).toBe(1_100);
  });

  it("waits longer, each time four times as long, for a registry that is busy and names no time, and first for a moment", () => {
    const busy = failure("deferred", { status: 503 });
    const longest = (tries: number): number | undefined =>
      retryDelayMs(busy, tries, retryPolicy({ preset: "patient" }, "resolve"), () => 1);
    expect([1, 2, 3, 4].map(longest)).toEqual([2_000, 8_000, 32_000, 60_000]);
  });
});

describe("the busy gate of a registry", () => {
  it("delays all requests until the time in its Retry-After, up to a limit", async () => {
    let now = 0;
    const waits: number[] = [];
    const sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
      signal.throwIfAborted();
      waits.push(ms);
      now += ms;
    };
    const pace = createBusyGate({ now: () => now, sleep });
    await pace.wait(signal);
    pace.close(3_600_000);
    now = 4_999;
    await pace.wait(signal);
    expect(waits).toEqual([1]);
    pace.close(5_000);
    await expect(pace.wait(AbortSignal.abort(new Error("over")))).rejects.toThrow("over");
  });
});

describe("the latency of a registry", () => {
  it("is late far beyond the usual, and never before the first response", () => {
    const latency = createLatencyEstimate();
    expect(latency.lateAfterMs()).toBe(2_000);
    for (let count = 0; count < 50; count++) latency.observe(40);
    expect(latency.lateAfterMs()).toBe(500);
    for (let count = 0; count < 50; count++) latency.observe(count % 2 === 0 ? 300 : 900);
    expect(latency.lateAfterMs()).toBeGreaterThan(1_500);
  });
});
