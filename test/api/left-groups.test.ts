import { expect, it } from "vitest";
import { leftOf } from "../../src/api/inspections/inspection.ts";

const group = { images: 1, bytes: 0, samples: [] };

it("says in words why images stay as they are, where the reason has words", () => {
  expect(leftOf({ ...group, reason: "decided" }).why).toBe("left as they are by a copy, which would do so again");
  expect(leftOf({ ...group, rule: "shop", reason: "tag-excluded" })).toEqual({
    ...group,
    rule: "shop",
    reason: "tag-excluded",
  });
});
