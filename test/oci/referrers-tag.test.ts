import { describe, expect, it } from "vitest";
import { parseDigest } from "../../src/oci/digest.ts";
import { referrersTag } from "../../src/oci/referrers-tag.ts";

describe("the referrers tag of a manifest", () => {
  it("is the algorithm and the hex part", () => {
    expect(referrersTag(parseDigest(`sha256:${"a".repeat(64)}`))).toBe(`sha256-${"a".repeat(64)}`);
  });

  it("has the first 64 characters of a longer hex part, as with other clients", () => {
    const hex = "a".repeat(64) + "b".repeat(64);
    expect(referrersTag(parseDigest(`sha512:${hex}`))).toBe(`sha512-${"a".repeat(64)}`);
  });
});
