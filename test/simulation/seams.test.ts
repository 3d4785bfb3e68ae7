import { describe, expect, it } from "vitest";
import { SEAMS } from "./seams.ts";

describe("between client, limiter and circuit", () => {
  it.each(SEAMS)("$name", async (seam) => {
    expect(await seam.play()).toEqual([]);
  });
});
