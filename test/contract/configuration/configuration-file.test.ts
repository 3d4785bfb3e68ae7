import { describe, expect, it } from "vitest";
import { didYouMean } from "../../../src/contract/configuration/did-you-mean.ts";
import { parseConfigurationFile } from "../../../src/contract/configuration/configuration-file.ts";
import { ConfigurationError } from "../../../src/contract/configuration/configuration.ts";

function problemsOf(written: string): readonly string[] {
  try {
    parseConfigurationFile(written);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe("a configuration file", () => {
  it("reports every problem once, with its line and column, and a suggestion for unknown fields", () => {
    const problems = problemsOf(`version: 1
source:
  account: "123456789012"
  region: us-east-1
destinations:
  - name: eu
    kind: generic
    registry: registry.example.com
    prefx: mirror
rules:
  - repositories: ["team/**"]
    destinatons: [eu]
    tags: latest
reconcil:
  everyMinutes: 10
`);
    expect(problems).toContain("line 9, column 12: destinations[0].prefx: unknown field; did you mean prefix?");
    expect(problems).toContain("line 12, column 18: rules[0].destinatons: unknown field; did you mean destinations?");
    expect(problems).toContain("line 15, column 3: reconcil: unknown field; did you mean reconcile?");
    expect(problems).toContainEqual(expect.stringMatching(/^line 13, column 11: rules\[0\]\.tags: /));
    expect(problems).toContainEqual(expect.stringMatching(/^line 11, column 5: rules\[0\]\.destinations: /));
    expect(new Set(problems).size).toBe(problems.length);
  });

  it("says in plain words what is missing and what it must be", () => {
    const problems = problemsOf("version: 2\ndestinations: []\nrules: soon\nlongLane: 7\n");
    expect(problems).toEqual([
      "line 1, column 10: version: must be 1",
      "line 1, column 1: source: is missing",
      "line 2, column 15: destinations: must have at least 1 entry",
      "line 3, column 8: rules: must be a list",
      "line 4, column 11: longLane: must be true or false",
    ]);
    const rule = "{ repositories: [a], destinations: [eu], platforms: { include: [linux/amd64] } }";
    expect(problemsOf(`version: 1\nrules: [${rule}]`)).toContainEqual(
      expect.stringContaining("rules[0].platforms.keep: is missing, or is none of sparse, strip"),
    );
  });

  it("reports problems between well-formed fields with their position", () => {
    const problems = problemsOf(`version: 1
source: { account: "123456789012", region: us-east-1 }
destinations:
  - { name: eu, kind: generic, registry: registry.example.com, prefix: mirror }
rules:
  - repositories: ["**"]
    destinations: [us]
`);
    expect(problems).toEqual([
      expect.stringMatching(/^line 7, column 19: rules\[0\]\.destinations: "us" is not a destination \(known: eu\)/),
    ]);
  });

  it("reports where it is neither YAML nor JSON", () => {
    expect(problemsOf("version: [")).toEqual([expect.stringMatching(/^line 1, column 11: configuration: is neither/)]);
    expect(problemsOf('{\n  "version": 1\n  "source": {}\n}')[0]).toMatch(
      /^line 2, column 14: configuration: is neither/,
    );
  });
});

describe("the suggestion for a misspelled word", () => {
  it.each([
    ["prefx", "prefix"],
    ["Destinations", "destinations"],
    ["weather", undefined],
  ])("by %s is %s", (word, meant) => {
    expect(didYouMean(word, ["prefix", "destinations", "registry", "as"])).toBe(meant);
  });
});
