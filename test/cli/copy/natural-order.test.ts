import { describe, expect, it } from "vitest";
import { byNaturalOrder } from "../../../cli/copy/natural-order.ts";

describe("natural order", () => {
  it("compares numbers in names by their values", () => {
    const sorted = ["v1.2", "v1.10", "v1.10-alpine", "v2", "v10"];
    expect(sorted.toReversed().toSorted(byNaturalOrder)).toEqual(sorted);
  });

  it("compares numbers that are longer than a double can hold", () => {
    const sorted = ["90071992547409930", "90071992547409931", "190071992547409930"];
    expect(sorted.toReversed().toSorted(byNaturalOrder)).toEqual(sorted);
  });

  it("puts a name before the names that begin with it", () => {
    expect(["latest-2", "latest"].toSorted(byNaturalOrder)).toEqual(["latest", "latest-2"]);
  });

  it("has one order for names whose numbers have the same value", () => {
    const names = ["v1", "v01", "v001"];
    const sorted = names.toSorted(byNaturalOrder);
    expect(names.toReversed().toSorted(byNaturalOrder)).toEqual(sorted);
    expect(byNaturalOrder("v1", "v01")).not.toBe(0);
    expect(byNaturalOrder("v1", "v1")).toBe(0);
  });

  it("orders any names without contradiction", () => {
    const names = ["", "1", "a", "1a", "a1", "a-1", "1-a", "01", "A1", "a01b2", "a1b10", "a1b2"];
    for (const one of names) {
      for (const other of names) {
        expect(Math.sign(byNaturalOrder(one, other))).toBe(-Math.sign(byNaturalOrder(other, one)) + 0);
        for (const third of names) {
          const isOrdered = byNaturalOrder(one, other) <= 0 && byNaturalOrder(other, third) <= 0;
          expect(!isOrdered || byNaturalOrder(one, third) <= 0).toBe(true);
        }
      }
    }
  });
});
