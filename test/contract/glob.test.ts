import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGlobs, globProblem, isGlob, MOST_WILDCARDS } from "../../src/contract/glob.ts";

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

  it("beside others takes what any of them takes", () => {
    expect(["a", "b", "c"].filter(compileGlobs(["a", "c"]))).toEqual(["a", "c"]);
  });

  it.each([
    ["*_*_*_x", undefined],
    ["*/*/*/*/*", undefined],
    ["**/team-*/*.*", undefined],
    ["*_*_*_*_*_x", /has 5 wildcards that compete/],
    ["**/a/**/a/**/a/**/x", /has 4 wildcards/],
    ["{*a,*b}-*-*-x", /has 4 wildcards/],
    ["!(*a*)!(*b)", /has 5 wildcards/],
    ["+(a|a?)x", /has a \+/],
    ["[a-z]+x", /has a \+/],
    ["*(a|aa)x", /a repetition of a group/],
    ["v{1..12}", /a range of more than single characters/],
    ["v{a..c}", undefined],
    ["v{1.1..,x}", undefined],
  ])("%s is judged by how long it takes and what it means: %s", (pattern, problem) => {
    if (problem === undefined) expect(globProblem(pattern)).toBeUndefined();
    else expect(globProblem(pattern)).toMatch(problem);
  });

  it("of tags may have a wildcard more, because tags are shorter", () => {
    expect(globProblem("v*.*.*-*", MOST_WILDCARDS.tag)).toBeUndefined();
    expect(globProblem("v*.*.*-*", MOST_WILDCARDS.repository)).toMatch(/has 4 wildcards/);
  });

  it.each(["/app", "app/", "a//b", "!app", "team /app", "app[1", "a{b", "(a", "a]"])(
    "that can match nothing is a problem: %s",
    (pattern) => {
      expect(globProblem(pattern)).toBeTypeOf("string");
    },
  );

  it("that is a name matches this name alone, and is no glob", () => {
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
