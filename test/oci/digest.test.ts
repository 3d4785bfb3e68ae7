import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf, hexOf, isDigest, parseDigest } from "../../src/oci/digest.ts";
import { FormatError } from "../../src/oci/errors/format-error.ts";

const hex = "a".repeat(64);

describe("a digest", () => {
  it.each([`sha256:${hex}`, `sha512:${hex}${hex}`])("is %s", (text) => {
    expect(parseDigest(text)).toBe(text);
  });

  it.each([
    "",
    hex,
    "sha256",
    "sha256:",
    `sha256:${hex}a`,
    `sha256:${hex.slice(1)}`,
    `sha256:${hex.toUpperCase()}`,
    `SHA256:${hex}`,
    `sha512:${hex}`,
    `md5:${"a".repeat(32)}`,
    "sha256:../../../../etc/passwd",
    `sha256:${"%2f".repeat(21)}a`,
    `sha256:${hex}\n`,
    ` sha256:${hex}`,
    `sha256:${hex.slice(1)}\u0000`,
  ])("is not %j, and the error names the field", (text) => {
    expect(() => parseDigest(text, "layers[0].digest")).toThrow(FormatError);
    expect(() => parseDigest(text, "layers[0].digest")).toThrow(/^layers\[0\]\.digest: /);
  });

  it("of bytes is valid, and depends on every byte", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (bytes, at) => {
        const changed = Uint8Array.from(bytes);
        const index = at % bytes.length;
        changed[index] = (changed[index] ?? 0) ^ 1;
        return (
          isDigest(digestOf(bytes)) && digestOf(bytes) !== digestOf(changed) && hexOf(digestOf(bytes)).length === 64
        );
      }),
      { seed: 1 },
    );
  });
});
