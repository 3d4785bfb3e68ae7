import { describe, expect, it } from "vitest";
import { SCENES } from "./scenes.ts";

describe("between client, rate limiter, circuit breaker and functions", () => {
  it.each(SCENES)("$name", async (scene) => {
    expect(await scene.play()).toEqual([]);
  });
});
