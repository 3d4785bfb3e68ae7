import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createRetryBudget } from "../../../src/registry/resilience/retry-budget.ts";
import { hedged } from "../../../src/registry/resilience/hedge.ts";
import type { LinkedAbort } from "../../../src/async/linked-abort.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";

const never = new AbortController().signal;
const discarded: string[] = [];
const hedge = (reserve = 1, afterMs = 20, budget = createRetryBudget({ share: 0.05, reserve })) => ({
  mayHedge: () => budget.spend(),
  clock: systemClock,
  afterMs,
  discard: async (late: string) => void discarded.push(late),
});

/** Attempts with the given durations and results. */
function attempts(...ends: readonly { ms: number; fails?: boolean }[]) {
  const aborted: number[] = [];
  let count = 0;
  const attempt = async ({ signal }: LinkedAbort): Promise<string> => {
    const number = count++;
    signal.addEventListener("abort", () => aborted.push(number));
    const { ms, fails } = ends[number] ?? { ms: 0 };
    await sleep(ms, undefined, { signal });
    if (fails === true) throw new Error(`attempt ${number}`);
    return `answer ${number}`;
  };
  return { attempt, aborted, count: () => count };
}

describe("a hedged request", () => {
  it("is sent once when it is answered in time", async () => {
    const { attempt, count } = attempts({ ms: 1 });
    expect(await hedged(attempt, hedge(), never)).toBe("answer 0");
    expect(count()).toBe(1);
  });

  it("is sent again when it is slow, and the loser is aborted", async () => {
    const { attempt, aborted } = attempts({ ms: 5_000 }, { ms: 1 });
    expect(await hedged(attempt, hedge(), never)).toBe("answer 1");
    expect(aborted).toEqual([0]);
  });

  it("returns the first response when it comes before the second after all", async () => {
    const { attempt, aborted } = attempts({ ms: 40 }, { ms: 5_000 });
    expect(await hedged(attempt, hedge(), never)).toBe("answer 0");
    expect(aborted).toEqual([1]);
  });

  it("is not sent again when the budget is exhausted", async () => {
    const { attempt, count } = attempts({ ms: 40 }, { ms: 1 });
    expect(await hedged(attempt, hedge(0), never)).toBe("answer 0");
    expect(count()).toBe(1);
  });

  it("fails with the error of the first when both fail, and at once when the first fails early", async () => {
    await expect(
      hedged(attempts({ ms: 40, fails: true }, { ms: 1, fails: true }).attempt, hedge(), never),
    ).rejects.toThrow("attempt 0");
    const early = attempts({ ms: 1, fails: true });
    await expect(hedged(early.attempt, hedge(1, 10_000), never)).rejects.toThrow("attempt 0");
    expect(early.count()).toBe(1);
  });

  it("discards a response that came too late", async () => {
    discarded.length = 0;
    const clock = createVirtualClock();
    let count = 0;
    const deaf = async (): Promise<string> => {
      const number = count++;
      await clock.sleep(number === 0 ? 60 : 1, never);
      return `answer ${number}`;
    };
    expect(await clock.during(hedged(deaf, { ...hedge(), clock }, never))).toBe("answer 1");
    await clock.pass(60);
    expect(discarded).toEqual(["answer 0"]);
  });

  it("ends when its caller aborts", async () => {
    const { attempt } = attempts({ ms: 5_000 }, { ms: 5_000 });
    await expect(hedged(attempt, hedge(), AbortSignal.timeout(40))).rejects.toThrow(/abort/i);
  });
});
