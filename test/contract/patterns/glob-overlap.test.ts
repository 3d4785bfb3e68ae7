import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGlobs } from "../../../src/contract/patterns/glob.ts";
import { literalStart, mayOverlap } from "../../../src/contract/patterns/glob-overlap.ts";

describe("two globs", () => {
  it.each([
    ["team/app", "team/app", true],
    ["team/app", "team/web", false],
    ["team/*", "*/app", true],
    ["team/*", "team/sub/app", false],
    ["team/**", "team/sub/app", true],
    ["team/*", "other/**", false],
    ["**", "any/thing", true],
    ["a*c", "ab*", true],
    ["a*c", "b*c", false],
    ["{a,b}/x", "b/*", true],
    // A group counts as anything.
    ["{a,b}/x", "c/*", true],
    ["app-?", "app-1", true],
    ["app-?", "app-12", false],
  ])("%s and %s overlap: %s", (one, other, overlap) => {
    expect([mayOverlap(one, other), mayOverlap(other, one)]).toEqual([overlap, overlap]);
  });

  it("overlap if a name matches both, whatever they are", () => {
    const part = fc.constantFrom("a", "b", "*", "?", "a*", "*b", "**", "{a,b}", "a?");
    const glob = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const name = fc
      .array(fc.constantFrom("a", "b", "ab", "aa", "abb"), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join("/"));
    fc.assert(
      fc.property(glob, glob, name, (one, other, text) => {
        const matchesBoth = compileGlobs([one])(text) && compileGlobs([other])(text);
        expect(!matchesBoth || mayOverlap(one, other)).toBe(true);
        expect(!compileGlobs([one])(text) || text.startsWith(literalStart(one))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("the literal start of a glob", () => {
  it.each([
    ["team/app", "team/app"],
    ["team/*", "team/"],
    ["team/{app,api}", "team/"],
    ["{a,b}/x", ""],
    ["**", ""],
  ])("%s is %j", (glob, start) => {
    expect(literalStart(glob)).toBe(start);
  });
});
