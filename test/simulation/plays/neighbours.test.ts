import { describe, expect, it } from "vitest";
import { playNeighbours } from "./neighbours.ts";

describe("a healthy destination", () => {
  it("has the lag it has without them, beside one that drips, one that is forbidden and one that is away", async () => {
    const alone = await playNeighbours([]);
    const beside = await playNeighbours(["drips", "forbidden", "away"]);
    expect(beside.arrived).toBe(alone.arrived);
    expect(beside.meanLagMs / alone.meanLagMs).toBeLessThanOrEqual(1.2);
  }, 900_000);
});
