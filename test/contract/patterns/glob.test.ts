import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGlobs, globProblem, isGlob, LONGEST } from "../../../src/contract/patterns/glob.ts";

describe("a pattern", () => {
  it.each([
    ["app", ["app"], ["apps", "team/app", "App"]],
    ["*", ["app", "a.b-c__d"], ["team/app"]],
    ["**", ["app", "team/app", "a/b/c/d"], []],
    ["team/*", ["team/app"], ["team/app/x", "teams/app"]],
    ["team/**", ["team/app", "team/a/b"], ["teams/app"]],
    ["**/app", ["app", "team/app", "a/b/app"], ["team/apps"]],
    ["{team,lib}/*", ["team/a", "lib/a"], ["lab/a"]],
    ["v[0-9].?", ["v1.0"], ["v10.0", "vx.0"]],
    ["v1.0", ["v1.0"], ["v1x0"]],
    ["!(dev)", ["prod"], ["dev"]],
    ["sha256-*.sig", ["sha256-ab.sig"], ["sha256-ab"]],
  ])("%s takes what it says and nothing else", (pattern, taken, left) => {
    const matches = compileGlobs([pattern]);
    expect(globProblem(pattern)).toBeUndefined();
    expect([...taken, ...left].filter(matches)).toEqual(taken);
  });

  it("matches in a list when any pattern of the list matches", () => {
    expect(["a", "b", "c"].filter(compileGlobs(["a", "c"]))).toEqual(["a", "c"]);
  });

  it.each(["*_*_*_x", "*/*/*/*/*", "**/team-*/*.*", "v{a..c}", "{web,api,worker}-*/{eu,us}-*"])(
    "is valid when it matches fast and without surprises: %s",
    (pattern) => {
      expect(globProblem(pattern)).toBeUndefined();
    },
  );

  it.each([
    ["*_*_*_*_*_x", /^has 5 wildcards and 1 combinations .* takes too long to match/],
    ["**/a/**/a/**/a/**/x", /takes too long/],
    ["{*a,*b}-*-*-x", /takes too long/],
    ["!(*a*)!(*b)", /takes too long/],
    [`${"{a,a}".repeat(40)}x`, /takes too long/],
    [`${"{a,aa}".repeat(25)}b`, /takes too long/],
    [`${"{,a}".repeat(40)}x`, /takes too long/],
    [`${"(a|a)".repeat(40)}x`, /takes too long/],
    [`${"?(a)".repeat(40)}x`, /takes too long/],
    ["+(a|a?)x", /contains \+/],
    ["[a-z]+x", /contains \+/],
    ["*(a|aa)x", /a repetition of a group/],
    ["{x,{a..c}}", /a range inside a group/],
    ["v{1..12}", /a range of several characters/],
  ])("is a problem when it would take seconds or match something unexpected: %s", (pattern, problem) => {
    expect(globProblem(pattern)).toMatch(problem);
  });

  it("of tags can have one more wildcard, because tags are shorter", () => {
    expect(globProblem("v*.*.*-*", LONGEST.tag)).toBeUndefined();
    expect(globProblem("v*.*.*-*", LONGEST.repository)).toMatch(/has 4 wildcards/);
  });

  it.each(["/app", "app/", "a//b", "!app", "team /app", "app[1", "a{b", "(a", "a]"])(
    "is a problem when it cannot match anything: %s",
    (pattern) => {
      expect(globProblem(pattern)).toBeTypeOf("string");
    },
  );

  it("that is a plain name matches only this name, and is not a glob", () => {
    const name = fc.stringMatching(/^[a-z0-9]{1,4}(?:[._/-][a-z0-9]{1,4}){0,3}$/);
    fc.assert(
      fc.property(name, name, (pattern, other) => {
        const matches = compileGlobs([pattern]);
        return !isGlob(pattern) && matches(pattern) && (other === pattern || !matches(other));
      }),
      { seed: 8, numRuns: 500 },
    );
  });
});
