import { expect, it } from "vitest";
import { playVisible } from "./visible.ts";
import type { PushedImage } from "./visible.ts";

/** Counted in requests that wait for each other: a busy machine changes nothing. */
it.each<[PushedImage, number]>([
  ["one layer", 240],
  ["index after its platforms", 230],
  ["index at once", 460],
])("makes %s visible within %i ms after the push of its tag, at 30 ms a round trip", async (kind, ms) => {
  expect(await playVisible(kind)).toBeLessThanOrEqual(ms);
});
