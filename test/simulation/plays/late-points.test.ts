import { describe, expect, it } from "vitest";
import { LATE_POINTS, playLate } from "./late-points.ts";

describe("a copy beside a newer push", () => {
  it("P26, P28: never leaves the older image when it freezes at any call, or when any call takes effect late", async () => {
    const problems: string[] = [];
    for (const point of LATE_POINTS) {
      for (const problem of await playLate(point)) problems.push(`${JSON.stringify(point)}: ${problem}`);
    }
    expect(problems).toEqual([]);
  }, 900_000);
});
