import { describe, expect, it } from "vitest";
import { playCrashes } from "./crash-points.ts";
import type { CrashPoint } from "./crash-points.ts";

/** More than a hundred calls have too many pairs to play them all. */
const ONE_PAIR_IN = 29;
const WHEN = ["crash-before", "crash-after"] as const;

/** The points of the calls from `first` on, before `end`. */
function pointsFrom(first: number, end: number): CrashPoint[] {
  return Array.from({ length: end - first }, (_, index) => first + index).flatMap((call) =>
    WHEN.map((when) => ({ call, when })),
  );
}

/** The problems of each of these runs. */
async function problemsOf(runs: readonly (readonly CrashPoint[])[]): Promise<string[]> {
  const problems: string[] = [];
  for (const points of runs) {
    const report = await playCrashes(points);
    const where = points.map(({ call, when }) => `${when} ${call}`).join(", ");
    problems.push(...report.problems.map((problem) => `${where}: ${problem}`));
  }
  return problems;
}

describe("a copy of an index that dies", () => {
  it("P01, P03, P04: at any one of its calls, before or after the call takes effect, ends as without the crash", async () => {
    const { calls, problems } = await playCrashes([]);
    expect(problems).toEqual([]);
    expect(calls).toBeGreaterThan(50);
    expect(await problemsOf(pointsFrom(0, calls).map((point) => [point]))).toEqual([]);
  });

  it("twice, at sampled pairs of its calls, ends as without the crashes", async () => {
    const { calls } = await playCrashes([]);
    const pairs = pointsFrom(0, calls).flatMap((first) =>
      pointsFrom(first.call + 1, first.call + calls).map((second) => [first, second] as const),
    );
    const some = pairs.filter(([first, second]) => (first.call + second.call) % ONE_PAIR_IN === 0);
    expect(await problemsOf(some)).toEqual([]);
  }, 900_000);
});
