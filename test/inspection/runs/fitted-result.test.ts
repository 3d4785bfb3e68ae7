import { describe, expect, it } from "vitest";
import { addChange, addSkip, emptySummary } from "../../../src/inspection/plan/plan-summary.ts";
import { fitted } from "../../../src/inspection/runs/fitted-result.ts";
import type { InspectionResult } from "../../../src/inspection/runs/inspection-record.ts";
import { emptyPlan } from "../../../src/inspection/runs/plan-result.ts";

const ROOM = 150_000;

/** Destinations with as many rules and reasons as there may be, and long names. */
function large(destinations: number, rules: number): InspectionResult {
  const result = emptyPlan();
  for (let number = 0; number < destinations; number++) {
    const summary = emptySummary(`destination-${number}`);
    for (let rule = 0; rule < rules; rule++)
      for (let image = 0; image <= rule; image++)
        addSkip(summary, `${"n".repeat(300)}:${image}`, { rule: `rule-${rule}`, reason: "tag" }, 10);
    result.destinations.push(summary);
  }
  return result;
}

const imagesOf = (result: InspectionResult): number[] =>
  result.destinations.map((each) =>
    ("skipped" in each ? each.skipped : each.left).reduce((sum, { images }) => sum + images, 0),
  );

describe("a result that is recorded", () => {
  it("stays as it is when it is small", () => {
    const small = large(2, 10);
    expect(fitted(small)).toEqual(small);
  });

  it.each([
    [2, 60],
    [20, 60],
    [100, 20],
  ])("fits into its room with %i destinations and %i groups each, and loses no count", (destinations, rules) => {
    const result = large(destinations, rules);
    expect(JSON.stringify(result).length).toBeGreaterThan(destinations * rules * 300);
    const short = fitted(result);
    expect(JSON.stringify(short).length).toBeLessThanOrEqual(ROOM);
    expect(imagesOf(short)).toEqual(imagesOf(result));
  });

  it("fits into its room with a change by each of 300 rules at many destinations, and loses no change", () => {
    const result = emptyPlan();
    for (let number = 0; number < 40; number++) {
      const summary = emptySummary(`destination-${number}`);
      for (let rule = 0; rule < 300; rule++)
        for (const how of ["put", "overwrite", "delete"] as const)
          addChange(summary, { rule: `rule-${rule}`, how }, rule);
      result.destinations.push(summary);
    }
    const short = fitted(fitted(result));
    expect(JSON.stringify(short).length).toBeLessThanOrEqual(ROOM);
    const sums = short.destinations.map((each) =>
      ("changes" in each ? each.changes : []).reduce(
        ({ images, bytes }, group) => ({ images: images + group.images, bytes: bytes + group.bytes }),
        { images: 0, bytes: 0 },
      ),
    );
    expect(sums).toEqual(Array.from({ length: 40 }, () => ({ images: 900, bytes: 3 * 44_850 })));
  });
});
