import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  arnPattern,
  arnPatterns,
  isReadable,
  readablePatterns,
} from "../../../src/contract/stack/repository-patterns.ts";
import { compileGlobs, globProblem } from "../../../src/contract/patterns/glob.ts";

/** As IAM matches: `*` is any text (IAM user guide, "Policy elements: Resource"). */
function covers(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) =>
    new RegExp(`^${pattern.replaceAll(/[.+^${}()|[\]\\?]/g, String.raw`\$&`).replaceAll("*", ".*")}$`).test(name),
  );
}

/** Globs by their grammar, groups nested in groups. */
const { glob } = fc.letrec<{ glob: string; part: string }>((tie) => ({
  glob: fc.array(tie("part"), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
  part: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      "a",
      "b",
      "c",
      "ab",
      "a/",
      "/b",
      "-",
      ".",
      "*",
      "?",
      "**/",
      "/**",
      "[ab]",
      "[^c]",
      "[)a}]",
      "\\a",
      "{a..c}",
    ),
    fc.tuple(tie("glob"), tie("glob")).map(([one, other]) => `{${one},${other}}`),
    fc
      .tuple(fc.constantFrom("", "@", "!", "?"), tie("glob"), tie("glob"))
      .map(([sign, one, other]) => `${sign}(${one}|${other})`),
  ),
}));
const name = fc
  .array(fc.constantFrom("a", "b", "c", "ab", "a/b", "/", "-", "."), { minLength: 1, maxLength: 5 })
  .map((parts) =>
    parts
      .join("")
      .replaceAll(/\/+/g, "/")
      .replaceAll(/^\/|\/$/g, ""),
  )
  .filter((text) => text !== "");

describe("the repositories that a role can read", () => {
  it.each([
    ["prod/{a,{b,c}}", ["prod/*"]],
    ["prod/@(a|?(b|c))-x", ["prod/*-x"]],
    ["prod/{web,api}-*/x", ["prod/*-*/x"]],
    ["prod/**", ["prod", "prod/*"]],
    ["**/app", ["app", "*/app"]],
    ["a/**/b", ["a/b", "a/*/b"]],
    ["**", ["*"]],
    ["base", ["base"]],
  ])("by the glob %s are %j", (pattern, expected) => {
    expect(arnPatterns(pattern).toSorted()).toEqual(expected.toSorted());
  });

  it("are named without those that another pattern covers", () => {
    expect(readablePatterns(["prod/**", "prod/web", "base", "prod/*-x", "base"])).toEqual(["prod", "prod/*", "base"]);
  });

  it("are widened to their first path components when a policy cannot hold them, and then to all", () => {
    const names = (teams: number) =>
      Array.from({ length: 1_000 }, (_, index) => `team-${index % teams}/service-${index}`);
    const wide = readablePatterns([...names(20), "base"]);
    expect(wide.toSorted()).toEqual(
      ["base", ...Array.from({ length: 20 }, (_, index) => `team-${index}/*`)].toSorted(),
    );
    expect(readablePatterns(names(500))).toEqual(["*"]);
  });

  it.each([
    ["prod/web", ["prod/*"], true],
    ["prod/*", ["prod/*"], true],
    ["prod/**", ["prod/*"], false],
    ["prod/**", ["prod", "prod/*"], true],
    ["*", ["prod/*"], false],
    ["**", ["*"], true],
    ["dev/web", ["prod/*", "base"], false],
    ["pr.d", ["prod"], false],
  ])("contain those of the glob %s within %j: %j", (pattern, patterns, expected) => {
    expect(isReadable(pattern, patterns)).toBe(expected);
  });

  it("include all repositories that the rule copies, for any glob", () => {
    let matched = 0;
    fc.assert(
      fc.property(glob, fc.array(name, { minLength: 5, maxLength: 20 }), (pattern, names) => {
        fc.pre(globProblem(pattern, 16) === undefined);
        const taken = names.filter(compileGlobs([pattern]));
        matched += taken.length;
        const patterns = arnPatterns(pattern);
        for (const each of taken)
          expect([pattern, patterns, each, covers(patterns, each)]).toEqual([pattern, patterns, each, true]);
      }),
      { seed: 11, numRuns: 4_000 },
    );
    expect(matched).toBeGreaterThan(1_000);
  });

  it("contain no glob character except *", () => {
    fc.assert(
      fc.property(glob, (pattern) => /^[A-Za-z0-9._/*-]*$/.test(arnPattern(pattern))),
      { seed: 11, numRuns: 500 },
    );
  });
});
