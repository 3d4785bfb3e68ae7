import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isStackName, LONGEST_NAME, resourceName } from "../../../src/contract/stack/names.ts";
import type { NamedResource } from "../../../src/contract/stack/names.ts";

const kinds = Object.keys(LONGEST_NAME).filter((kind): kind is NamedResource => kind in LONGEST_NAME);
const kind = fc.constantFrom(...kinds);
const region = fc.constantFrom("eu-central-1", "us-east-1", "ap-southeast-2", "us-gov-west-1");
const stack = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,127}$/);
/** The longest parts there are: a comparison and a queue of a destination with a name of 24 characters. */
const part = fc.oneof(
  fc.constantFrom("fan-out", "copy", "probe", "reconcile", "notify", "dead-letters"),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,23}$/).map((name) => `reconcile-${name}`),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,23}$/).map((name) => `copies-${name}-backfill`),
);

describe("the name of a resource", () => {
  it("is accepted by its service, for any stack, part and region", () => {
    fc.assert(
      fc.property(kind, part, stack, region, (kind, part, stack, region) => {
        const name = resourceName(kind, part, { stack, region });
        return name.length <= LONGEST_NAME[kind] && /^[A-Za-z][A-Za-z0-9-]*$/.test(name);
      }),
      { seed: 11, numRuns: 3_000 },
    );
  });

  it("is unique for each stack, region and part", () => {
    const owner = fc.record({ part, stack, region });
    // Stacks whose names only differ where a long one is cut.
    const near = fc.tuple(owner, stack, region).map(([one, tail, elsewhere]) => ({
      one,
      two: { ...one, stack: `${one.stack}${tail}`.slice(0, 128), region: elsewhere },
    }));
    fc.assert(
      fc.property(kind, fc.oneof(near, fc.record({ one: owner, two: owner })), (kind, { one, two }) => {
        fc.pre(one.stack !== two.stack || one.region !== two.region || one.part !== two.part);
        return resourceName(kind, one.part, one) !== resourceName(kind, two.part, two);
      }),
      { seed: 11, numRuns: 3_000 },
    );
  });

  it.each([
    ["images", "images-copy-eu-central-1"],
    ["images-eu-central-1", "images-eu-central-1-copy"],
    ["images-us-east-1", "images-us-east-1-copy-eu-central-1"],
  ])("of the stack %s has the region in it once: %s", (stack, name) => {
    expect(resourceName("role", "copy", { stack, region: "eu-central-1" })).toBe(name);
  });

  it("keeps its part when it is truncated, so that people find it", () => {
    const stack = "platform-engineering-production-container-images-to-google";
    const name = resourceName("function", "reconcile", { stack, region: "eu-central-1" });
    expect(name).toMatch(/^platform-engineering-production-container-i-reconcile-[0-9a-f]{10}$/);
  });

  it.each(["", "1a", "a_b", "a b", 'x"; touch owned; "', "a".repeat(129)])(
    "is not made of %j, which no stack is called",
    (text) => {
      expect(isStackName(text)).toBe(false);
    },
  );
});
