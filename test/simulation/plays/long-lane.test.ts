import { describe, expect, it } from "vitest";
import { simulateLongLane } from "./long-lane.ts";

const SEEDS = 12;

describe("the simulation of the long lane", () => {
  it(`keeps every promise in ${SEEDS} seeds whose images share a layer too large for a function, although builds are killed`, async () => {
    const broken: string[] = [];
    let handedOver = 0;
    let builds = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const played = await simulateLongLane(seed);
      if (played.violations.length > 0) broken.push(`seed ${seed}: ${played.violations.join("; ")}`);
      handedOver += played.handedOver;
      builds += played.builds;
    }
    expect(broken).toEqual([]);
    expect(handedOver).toBeGreaterThan(SEEDS);
    expect(builds).toBeGreaterThan(SEEDS);
  }, 600_000);
});
