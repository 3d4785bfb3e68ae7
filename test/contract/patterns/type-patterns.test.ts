import { describe, expect, it } from "vitest";
import { compileTypes } from "../../../src/contract/patterns/type-patterns.ts";

describe("a pattern of media types", () => {
  it("matches whatever the case", () => {
    const matches = compileTypes(["application/vnd.oci.image.*", "application/vnd.CNCF.*+json"]);
    const types = [
      "application/vnd.oci.image.config.v1+json",
      "Application/VND.cncf.helm.config.v1+JSON",
      "text/plain",
    ];
    expect(types.filter(matches)).toEqual(types.slice(0, 2));
  });

  it("matches no text that is too long for a type: a manifest may name one of a megabyte, whose match would take hours", () => {
    const matches = compileTypes(["application/*a*a*b", "*/*"]);
    expect(["a", "aa", "a".repeat(1_000_000)].map((name) => matches(`application/${name}`))).toEqual([
      true,
      true,
      false,
    ]);
  });
});
