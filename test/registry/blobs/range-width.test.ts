import { describe, expect, it } from "vitest";
import { createRangeWidth } from "../../../src/registry/blobs/range-width.ts";
import type { RangeWidth } from "../../../src/registry/blobs/range-width.ts";
import { isSlow } from "../../../src/registry/blobs/throughput-meter.ts";

const MB_PER_S = 1_000;

/** Adds ranges of connections that are each capped, and share a limit. */
function read(width: RangeWidth, ranges: number, line: { cap: number; shared?: number; wasAwaited?: boolean }): void {
  for (let count = 0; count < ranges; count++) {
    const concurrent = width.count();
    const bytesPerMs = Math.min(line.cap, (line.shared ?? Infinity) / concurrent) * MB_PER_S;
    width.add({ bytesPerMs, concurrent, wasAwaited: line.wasAwaited ?? true });
  }
}

describe("the number of ranges that are read at once", () => {
  it.each([
    [5, 8],
    [25, 8],
    [60, 4],
    [99, 4],
  ])("is 4 until one was read, then more, the slower one connection is: %i MB/s, %i ranges", (single, aimed) => {
    const width = createRangeWidth(single * MB_PER_S);
    expect(width.count()).toBe(4);
    read(width, 1, { cap: single / 4 });
    expect(width.count()).toBe(aimed);
  });

  it("grows with each range while the connections do not slow each other down, up to 12", () => {
    const width = createRangeWidth(25 * MB_PER_S);
    read(width, 2, { cap: 22 });
    expect(width.count()).toBe(10);
    read(width, 20, { cap: 22 });
    expect(width.count()).toBe(12);
    expect(width.isWorthwhile()).toBe(true);
  });

  it("stays when the connections share a limit", () => {
    const width = createRangeWidth(25 * MB_PER_S);
    read(width, 20, { cap: 25, shared: 40 });
    expect(width.count()).toBe(8);
    expect(width.isWorthwhile()).toBe(true);
  });

  it("stays while the target is the limit", () => {
    const width = createRangeWidth(25 * MB_PER_S);
    read(width, 20, { cap: 25, wasAwaited: false });
    expect(width.count()).toBe(4);
    expect(width.isWorthwhile()).toBe(true);
  });

  it("is not worthwhile when all together are as slow as one, which the first ranges show", () => {
    const width = createRangeWidth(25 * MB_PER_S);
    read(width, 3, { cap: 25, shared: 25 });
    expect(width.isWorthwhile()).toBe(true);
    read(width, 1, { cap: 25, shared: 25 });
    expect(width.isWorthwhile()).toBe(false);
  });
});

describe("a source is slow", () => {
  const read = { bytes: 25 * MB_PER_S * 150, elapsedMs: 150, waitingShare: 0.95, bytesPerMs: 25 * MB_PER_S };

  it.each([
    ["within 200 ms at 25 MB/s", read, true],
    ["within 200 ms at 3 MB/s", { ...read, bytes: 450_000, bytesPerMs: 3 * MB_PER_S }, true],
    ["not before 120 ms", { ...read, elapsedMs: 110 }, false],
    ["not at 150 MB/s", { ...read, bytesPerMs: 150 * MB_PER_S }, false],
    ["not while the target is awaited as long", { ...read, waitingShare: 0.5 }, false],
  ])("%s", (_when, throughput, slow) => {
    expect(isSlow(throughput)).toBe(slow);
  });
});
