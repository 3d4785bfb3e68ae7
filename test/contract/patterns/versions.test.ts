import { describe, expect, it } from "vitest";
import { VERSIONS } from "../../../src/contract/patterns/versions.ts";

const tags = (...names: readonly string[]) => names.map((tag) => ({ tag, pushedAt: 0 }));

describe("a range of versions", () => {
  it.each([
    [">=1.2 <2", ["1.2.0", "v1.9.9", "1.3.0_build.5"], ["2.0.0", "1.1.9", "1.2", "latest", "1.3.0-rc.1", "v1"]],
    [">=2.0.0-rc.1", ["2.0.0-rc.1", "2.0.0", "3.1.0"], ["2.0.0-beta.9", "2.1.0-rc.1"]],
    ["^1.2.3 || 3.x", ["1.9.0", "3.0.0"], ["2.0.0", "1.2.2"]],
  ])("%s takes versions as npm does, with a leading v and Helm's build metadata", (range, inside, outside) => {
    const takes = VERSIONS.compileRange(range);
    expect(inside.filter((tag) => !takes(tag))).toEqual([]);
    expect(outside.filter(takes)).toEqual([]);
  });

  it("that is none is refused with an example", () => {
    expect(() => VERSIONS.compileRange("latest!")).toThrow(/"latest!" is not a range of versions, for example/);
  });
});

describe("the newest versions", () => {
  it("come first, prereleases before their release, and tags of one version by name", () => {
    const mixed = tags("1.10.0", "latest", "v1.9.0", "1.9.0", "2.0.0-rc.1", "2.0.0", "v1", "2.0.0-rc.10");
    expect(VERSIONS.newestFirst(mixed).map(({ tag }) => tag)).toEqual([
      "2.0.0",
      "2.0.0-rc.10",
      "2.0.0-rc.1",
      "1.10.0",
      "1.9.0",
      "v1.9.0",
    ]);
  });

  it("are newer than anything that is no version", () => {
    const [version, other] = tags("0.0.1", "latest");
    if (version === undefined || other === undefined) throw new Error("there are two");
    expect(VERSIONS.isNewer(version, other)).toBe(true);
    expect(VERSIONS.isNewer(other, version)).toBe(false);
    expect(VERSIONS.isNewer(version, version)).toBe(false);
  });
});
