import { describe, expect, it } from "vitest";
import { compileGlobs } from "../../../src/contract/configuration/glob.ts";
import { targetCollisions } from "../../../src/contract/configuration/target-collisions.ts";

const place = (name: string, registry: string, prefix: string) => ({ name, access: { registry }, prefix });
const rule = (repository: string, as?: string, destinations: readonly string[] = ["a"]) => ({
  repositories: [repository],
  destinations,
  as,
  matchesRepository: compileGlobs([repository]),
});

describe("two destinations", () => {
  it.each([
    ["the same place", place("b", "gcr.io", "p/r")],
    ["the same place by another spelling of the host", place("b", "GCR.io:443", "p/r")],
    ["a place inside the other", place("b", "gcr.io", "p/r/team")],
    ["a place around the other", place("b", "gcr.io", "p")],
  ])("must not be %s", (_, other) => {
    const [problem, ...more] = targetCollisions([place("a", "gcr.io", "p/r"), other], []);
    expect(problem).toMatch(/^destinations\[1\]: "b" .*"a"/);
    expect(more).toEqual([]);
  });

  it.each([
    ["side by side", place("b", "gcr.io", "p/r2")],
    ["named alike in another registry", place("b", "us.gcr.io", "p/r")],
    ["at another port", place("b", "gcr.io:5000", "p/r")],
  ])("may be %s", (_, other) => {
    expect(targetCollisions([place("a", "gcr.io", "p/r"), other], [])).toEqual([]);
  });
});

describe("a rule that renames", () => {
  it("must not use the target name of another repository", () => {
    expect(targetCollisions([], [rule("x", "y"), rule("**")])).toEqual([
      'rules[0].as: "y" is also the target of another repository in rules[1]',
    ]);
    expect(targetCollisions([], [rule("x", "z"), rule("y", "z")])).toHaveLength(1);
  });

  it.each([
    ["the repository's own name", [rule("x", "x"), rule("**")]],
    ["the same new name twice for one repository", [rule("x", "y"), rule("x", "y")]],
    ["a name that only other destinations have", [rule("x", "y"), rule("y", undefined, ["b"])]],
    ["a name that no other repository has", [rule("x", "y"), rule("z")]],
  ])("may take %s", (_, rules) => {
    expect(targetCollisions([], rules)).toEqual([]);
  });
});
