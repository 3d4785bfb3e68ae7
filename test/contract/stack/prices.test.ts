import { describe, expect, it } from "vitest";
import { deliveryDollars } from "../../../src/contract/stack/prices.ts";

describe("the estimated cost of a delivery", () => {
  it("covers the egress of its bytes, and the function's time and memory", () => {
    // 1 TB at 60 MB/s and 1.769 GB (10^3 MB as AWS counts: 1,024 to a GB): $90 and about $0.38.
    const milliseconds = (1e12 / 60e6) * 1_000;
    expect(deliveryDollars({ milliseconds, memoryMegabytes: 1_769, bytesSent: 1e12 })).toBeCloseTo(90.384, 2);
  });

  it("is almost zero when nothing had to be sent", () => {
    const dollars = deliveryDollars({ milliseconds: 300, memoryMegabytes: 1_769, bytesSent: 0 });
    expect(dollars).toBeGreaterThan(0);
    expect(dollars).toBeLessThan(0.00001);
  });
});
