import { describe, expect, it } from "vitest";
import { playRing, RING_ACTS } from "./ring.ts";

/** 1,000 pushes and deletes in all; `npm run simulate -- --ring` plays more. */
const SEEDS = 1_000 / RING_ACTS;

describe("three registries that copy to each other in a circle, while everything fails that can fail", () => {
  it("settle after 1,000 random pushes and deletes: each push crosses each edge once at most, all agree, and deletes stay", async () => {
    const broken: string[] = [];
    let moves = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const played = await playRing(seed);
      moves += played.moves;
      broken.push(...played.violations.map((violation) => `seed ${seed}: ${violation}`));
    }
    expect(broken).toEqual([]);
    expect(moves).toBeGreaterThan(300);
  }, 120_000);
});
