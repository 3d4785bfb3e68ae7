import { describe, expect, it } from "vitest";
import { playNeighbours } from "./neighbours.ts";

describe("a healthy destination", () => {
  it("has the same lag beside a dripping, a forbidden and an unreachable destination as without them", async () => {
    const alone = await playNeighbours([]);
    const beside = await playNeighbours(["dripping", "forbidden", "unreachable"]);
    expect(beside.arrived).toBe(alone.arrived);
    expect(beside.meanLagMs / alone.meanLagMs).toBeLessThanOrEqual(1.2);
  }, 900_000);
});
