import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/oci/format-error.ts";
import { formatPlatform, matchesPlatform, parsePlatform } from "../../src/oci/platform.ts";

describe("a platform", () => {
  it.each(["linux/amd64", "linux/arm/v7"])("is read from %s and written back", (text) => {
    expect(formatPlatform(parsePlatform(text))).toBe(text);
  });

  it.each(["", "linux", "linux/", "/amd64", "linux/arm/", "a/b/c/d"])("is not %j", (text) => {
    expect(() => parsePlatform(text)).toThrow(FormatError);
  });

  it("without a variant matches any variant, with one only that one", () => {
    const v7 = { os: "linux", architecture: "arm", variant: "v7" };
    expect(matchesPlatform(v7, parsePlatform("linux/arm"))).toBe(true);
    expect(matchesPlatform(v7, parsePlatform("linux/arm/v6"))).toBe(false);
    expect(matchesPlatform({ os: "linux", architecture: "arm64" }, parsePlatform("linux/arm64/v8"))).toBe(true);
    expect(matchesPlatform({ os: "linux", architecture: "amd64" }, parsePlatform("linux/amd64/v3"))).toBe(false);
    expect(matchesPlatform(undefined, parsePlatform("linux/arm"))).toBe(false);
  });
});
