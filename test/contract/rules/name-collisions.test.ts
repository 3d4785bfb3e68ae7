import { describe, expect, it } from "vitest";
import { compileGlobs } from "../../../src/contract/patterns/glob.ts";
import { nameCollisions } from "../../../src/contract/rules/name-collisions.ts";
import type { NamingRule } from "../../../src/contract/rules/name-collisions.ts";

interface Written {
  readonly from: string | readonly string[];
  readonly as?: string;
  readonly to?: readonly string[];
  readonly exclude?: readonly string[];
}

/** Counts how often a rule's patterns are asked. */
let asked = 0;

const collisions = (...written: readonly Written[]): string[] =>
  nameCollisions(
    written.map(({ from, as, to = ["a"], exclude = [] }, index): NamingRule => {
      const repositoryGlobs = [from].flat();
      const matches = compileGlobs(repositoryGlobs);
      return {
        index,
        as,
        repositoryGlobs,
        destinations: to,
        matchesRepository: (repository) => ++asked > 0 && matches(repository),
        excludesRepository: exclude.length === 0 ? undefined : compileGlobs(exclude),
        excludedGlobs: exclude,
      };
    }),
  );

describe("a rule that renames", () => {
  it("must not use the target name of another repository", () => {
    expect(collisions({ from: "x", as: "y" }, { from: "**" })).toEqual([
      'rules[0].as: "y" is also the target of another repository in rules[1]',
    ]);
    expect(collisions({ from: "x", as: "z" }, { from: "y", as: "z" })).toHaveLength(1);
  });

  it.each<[string, Written[]]>([
    ["the repository's own name", [{ from: "x", as: "x" }, { from: "**" }]],
    [
      "the same new name twice for one repository",
      [
        { from: "x", as: "y" },
        { from: "x", as: "y" },
      ],
    ],
    [
      "a name that only other destinations have",
      [
        { from: "x", as: "y" },
        { from: "y", to: ["b"] },
      ],
    ],
    ["a name that no other repository has", [{ from: "x", as: "y" }, { from: "z" }]],
    [
      "a name that the other rule excludes",
      [
        { from: "x", as: "y" },
        { from: "**", exclude: ["y"] },
      ],
    ],
  ])("may take %s", (_, rules) => {
    expect(collisions(...rules)).toEqual([]);
  });
});

describe("a template", () => {
  it.each<[string, Written, RegExp]>([
    [
      "the name only, of several namespaces",
      { from: ["a/*", "b/*"], as: "{name}" },
      /^rules\[0\]\.as: "\{name\}" may give two/,
    ],
    ["the name only, below a namespace", { from: "a/**", as: "{name}" }, /may give two repositories the same name/],
    ["the namespace only", { from: "a/*", as: "x/{namespace}" }, /may give two repositories the same name/],
    [
      "the name of two repositories",
      { from: ["a/x", "b/x"], as: "c/{name}" },
      /gives a\/x and b\/x the same name, c\/x/,
    ],
    [
      "no placeholder, of several repositories",
      { from: ["a", "b"], as: "c" },
      /needs a rule of exactly one repository/,
    ],
    ["no placeholder, of a wildcard", { from: "a*", as: "c" }, /needs a rule of exactly one repository/],
  ])("must keep the repositories of its rule apart: %s", (_, rule, problem) => {
    const [found, ...more] = collisions(rule);
    expect(found).toMatch(problem);
    expect(more).toEqual([]);
  });

  it.each<[string, Written[]]>([
    ["all of the name", [{ from: "**", as: "copies/{repository}" }]],
    ["both parts of the name", [{ from: "**", as: "{namespace}/copies/{name}" }]],
    ["the name only, of one namespace", [{ from: ["a/*", "a/b"], as: "{name}" }]],
    ["the name only, of repositories without a namespace", [{ from: "*", as: "copies/{name}" }]],
    ["the names of two repositories, which differ", [{ from: ["a/x", "b/y"], as: "c/{name}" }]],
    [
      "the same for two rules",
      [
        { from: "a/**", as: "c/{repository}" },
        { from: "**", as: "c/{repository}" },
      ],
    ],
    [
      "the same for two rules of one namespace",
      [
        { from: "a/*", as: "{name}" },
        { from: "a/b*", as: "{name}" },
      ],
    ],
    ["names that no other rule gives", [{ from: "**", as: "copies/{repository}" }, { from: "team/**" }]],
    [
      "names that begin like those of another rule",
      [{ from: "**", as: "copies/{repository}" }, { from: "copies-*/**" }],
    ],
    [
      "names that the other rule excludes",
      [
        { from: "**", as: "copies/{repository}" },
        { from: "**", exclude: ["copies/**"] },
      ],
    ],
    [
      "names at other destinations",
      [
        { from: "**", as: "copies/{repository}" },
        { from: "**", to: ["b"] },
      ],
    ],
  ])("may be %s", (_, rules) => {
    expect(collisions(...rules)).toEqual([]);
  });

  it.each<[string, Written, Written]>([
    ["everything", { from: "team/**", as: "copies/{repository}" }, { from: "**" }],
    ["the same names", { from: "team/*", as: "copies/{repository}" }, { from: "copies/team/*" }],
    ["one of the names", { from: "team/*", as: "copies/{name}" }, { from: "copies/app" }],
    ["another template", { from: "a/*", as: "{name}" }, { from: "b/*", as: "{name}" }],
    ["a new name", { from: "a/*", as: "copies/{name}" }, { from: "b", as: "copies/b" }],
    [
      "a part of its names excluded",
      { from: "**", as: "copies/{repository}" },
      { from: "**", exclude: ["copies/a/**"] },
    ],
  ])("must not give a name that another rule may give: %s", (_, rule, other) => {
    expect(collisions(rule, other)).toEqual([
      expect.stringMatching(/^rules\[0\]\.as: .* target of another repository in rules\[1\](?:; exclude .*)?$/),
    ]);
    expect(collisions(other, rule)).toHaveLength(1);
  });
});

describe("a thousand rules at twenty destinations", () => {
  const to = Array.from({ length: 20 }, (_, index) => `d${index}`);
  const many = (rule: (index: number) => Written): Written[] =>
    Array.from({ length: 1_000 }, (_, index) => ({ ...rule(index), to }));

  it.each<[string, Written[]]>([
    ["of one repository each", many((index) => ({ from: `team-${index}/app`, as: `copies/team-${index}` }))],
    ["of one namespace each", many((index) => ({ from: `team-${index}/**`, as: "copies/{repository}" }))],
    [
      "of which half rename",
      many((index) => ({ from: `t${index}/*`, ...(index % 2 === 0 ? { as: `c${index}/{name}` } : {}) })),
    ],
  ])("are compared without asking every rule about every other: %s", (_, rules) => {
    asked = 0;
    expect(collisions(...rules)).toEqual([]);
    expect(asked).toBeLessThanOrEqual(2_000);
  });
});
