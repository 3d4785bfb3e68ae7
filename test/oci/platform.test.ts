import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/oci/errors/format-error.ts";
import { formatPlatform, parsePlatform, platformRank } from "../../src/oci/platform.ts";

describe("a platform", () => {
  it.each(["linux/amd64", "linux/arm/v7"])("is read from %s and written back", (text) => {
    expect(formatPlatform(parsePlatform(text))).toBe(text);
  });

  it.each(["", "linux", "linux/", "/amd64", "linux/arm/", "a/b/c/d"])("is not %j", (text) => {
    expect(() => parsePlatform(text)).toThrow(FormatError);
  });

  const rank = (has: string, wanted: string): number | undefined =>
    platformRank(parsePlatform(has), parsePlatform(wanted));

  it.each([
    ["linux/arm64", "linux/arm64/v8"],
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/arm/v7", "linux/arm"],
    ["linux/amd64", "linux/amd64/v1"],
    ["linux/aarch64", "linux/arm64"],
    ["linux/x86_64", "linux/amd64"],
    ["linux/armhf", "linux/arm/v7"],
    ["linux/arm/7", "linux/arm/v7"],
    ["Linux/AMD64", "linux/amd64"],
    ["macos/arm64", "darwin/arm64"],
    ["linux/riscv64", "linux/riscv64"],
    ["plan9/mips64p32/odd", "plan9/mips64p32/odd"],
  ])("%s is %s, in another spelling or the same", (has, wanted) => {
    expect(rank(has, wanted)).toBe(0);
  });

  it.each([
    ["linux/arm/v7", ["linux/arm/v7", "linux/arm/v6", "linux/arm/v5"]],
    ["linux/arm", ["linux/arm/v7", "linux/arm/v6", "linux/arm/v5"]],
    ["linux/amd64/v3", ["linux/amd64/v3", "linux/amd64/v2", "linux/amd64"]],
    ["linux/arm64/v9", ["linux/arm64/v9", "linux/arm64/v8"]],
  ])("%s is served by older variants, the newest first", (wanted, inOrder) => {
    const ranks = inOrder.map((has) => rank(has, wanted) ?? Number.NaN);
    expect(ranks[0]).toBe(0);
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  });

  it.each([
    ["linux/amd64/v2", "linux/amd64"],
    ["linux/arm/v7", "linux/arm/v6"],
    ["linux/arm/v4", "linux/arm/v7"],
    ["linux/386", "linux/amd64"],
    ["linux/arm/v8", "linux/arm64"],
    ["windows/amd64", "linux/amd64"],
    ["linux/ppc64le/power9", "linux/ppc64le/power10"],
    ["unknown/unknown", "linux/amd64"],
  ])("%s does not serve %s", (has, wanted) => {
    expect(rank(has, wanted)).toBeUndefined();
  });
});
