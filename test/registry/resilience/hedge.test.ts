import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createRetryBudget } from "../../../src/registry/resilience/retry-budget.ts";
import { hedged } from "../../../src/registry/resilience/hedge.ts";
import type { Attempt } from "../../../src/registry/resilience/hedge.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import { createSharedLimits } from "../../../src/registry/resilience/shared-limits.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { createRegistrySource } from "../../../src/registry/registry-source.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";
import { playedLine } from "../../fixtures/servers/played-line.ts";
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
  const attempt = (): Attempt<string> => {
    const number = count++;
    const { ms, fails } = ends[number] ?? { ms: 0 };
    const stop = new AbortController();
    const outcome = sleep(ms, undefined, { signal: stop.signal }).then(() => {
      if (fails === true) throw new Error(`attempt ${number}`);
      return `answer ${number}`;
    });
    const abort = (reason: Error): void => {
      aborted.push(number);
      stop.abort(reason);
    };
    return { outcome, abort };
  };
  return { attempt, aborted, count: () => count };
}

describe("a hedged request", () => {
  it("is sent once when it is answered in time", async () => {
    const { attempt, count } = attempts({ ms: 1 });
    expect(await hedged(attempt, hedge())).toBe("answer 0");
    expect(count()).toBe(1);
  });

  it("is sent again when it is slow, and the loser is aborted", async () => {
    const { attempt, aborted } = attempts({ ms: 5_000 }, { ms: 1 });
    expect(await hedged(attempt, hedge())).toBe("answer 1");
    expect(aborted).toEqual([0]);
  });

  it("returns the first response when it comes before the second after all", async () => {
    const { attempt, aborted } = attempts({ ms: 40 }, { ms: 5_000 });
    expect(await hedged(attempt, hedge())).toBe("answer 0");
    expect(aborted).toEqual([1]);
  });

  it("is not sent again when the budget is exhausted", async () => {
    const { attempt, count } = attempts({ ms: 40 }, { ms: 1 });
    expect(await hedged(attempt, hedge(0))).toBe("answer 0");
    expect(count()).toBe(1);
  });

  it("fails with the error of the first when both fail, and at once when the first fails early", async () => {
    await expect(hedged(attempts({ ms: 40, fails: true }, { ms: 1, fails: true }).attempt, hedge())).rejects.toThrow(
      "attempt 0",
    );
    const early = attempts({ ms: 1, fails: true });
    await expect(hedged(early.attempt, hedge(1, 10_000))).rejects.toThrow("attempt 0");
    expect(early.count()).toBe(1);
  });

  it("discards a response that came too late", async () => {
    discarded.length = 0;
    const clock = createVirtualClock();
    let count = 0;
    const deaf = (): Attempt<string> => {
      const number = count++;
      const outcome = clock.sleep(number === 0 ? 60 : 1, never).then(() => `answer ${number}`);
      return { outcome, abort: () => undefined };
    };
    expect(await clock.during(hedged(deaf, { ...hedge(), clock }))).toBe("answer 1");
    await clock.pass(60);
    expect(discarded).toEqual(["answer 0"]);
  });

  it("ends when its caller aborts, and so does its second attempt", async () => {
    const line = playedLine(() => ({ status: 200, afterMs: 60_000 }));
    const source = createRegistrySource({
      ...testEndpoint({ host: "registry.example", repository: "a" }, line.connections),
      clock: line.clock,
      limits: createSharedLimits({ clock: line.clock }),
    });
    const stop = new AbortController();
    const reason = new Error("the caller has left");
    line.clock.after(10_000, () => stop.abort(reason));
    await expect(line.play(source.resolve(parseTag("v1"), stop.signal))).rejects.toBe(reason);
    expect(line.requests.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });
});
