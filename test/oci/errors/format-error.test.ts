import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../../src/oci/errors/format-error.ts";
import { quoted } from "../../../src/oci/errors/quoted.ts";

describe("a value in a message", () => {
  it("is quoted, and truncated when it is long", () => {
    expect(quoted("v1")).toBe('"v1"');
    expect(quoted("x".repeat(1_000_000))).toHaveLength(80);
    expect(quoted(undefined)).toBe("undefined");
  });

  it("has no control characters", () => {
    expect(quoted("a\u009b31m\u2028b\r\n\u001b[2J")).toBe(String.raw`"a\u009b31m\u2028b\r\n\u001b[2J"`);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => !/[\p{Cc}\u2028\u2029]/u.test(quoted(text))),
      { seed: 7, numRuns: 1_000 },
    );
  });
});

describe("a format error", () => {
  it("names the field, the problem and its cause", () => {
    const cause = new Error("why");
    const error = new FormatError("layers[2].digest", "is missing", { cause });
    expect(error).toMatchObject({ name: "FormatError", field: "layers[2].digest", cause });
    expect(error.message).toBe("layers[2].digest: is missing");
  });
});
