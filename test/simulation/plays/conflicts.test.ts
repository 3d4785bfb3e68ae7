import { describe, expect, it } from "vitest";
import { playConflicts } from "./conflicts.ts";

/** Two seeds for each strategy. */
const SEEDS = Array.from({ length: 14 }, (_, seed) => seed);

describe("a tag that others move at the target while everything fails that can fail", () => {
  it.each(SEEDS)("ends as its strategy says, and comparisons become quiet (seed %i)", async (seed) => {
    expect((await playConflicts(seed)).violations).toEqual([]);
  });
});
