import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonExcess, parseJson, readJson } from "../../../src/oci/json/bounded-json.ts";
import { FormatError } from "../../../src/oci/errors/format-error.ts";
import { successors } from "../../../src/oci/manifest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const MANY = { depth: 1_000, values: 1_000_000 };

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** Values of a document, itself included. An empty array or object may be counted as one more. */
function valuesOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return 1 + Object.values(value).reduce((sum: number, each) => sum + valuesOf(each), 0);
}

describe("the limits of a JSON document before it is parsed", () => {
  it("count its depth exactly, whatever its strings contain", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 2), (value, indent) => {
        const bytes = bytesOf(JSON.stringify(value, undefined, indent));
        const depth = depthOf(value);
        expect(jsonExcess(bytes, { ...MANY, depth })).toBeUndefined();
        const isRefused = jsonExcess(bytes, { ...MANY, depth: depth - 1 }) !== undefined;
        expect(isRefused).toBe(depth > 0);
      }),
    );
  });

  it("count at least its values, and at most twice as many", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const bytes = bytesOf(JSON.stringify(value));
        const values = valuesOf(value);
        expect(jsonExcess(bytes, { ...MANY, values: 2 * values })).toBeUndefined();
        expect(values === 1 || jsonExcess(bytes, { ...MANY, values: values - 1 }) !== undefined).toBe(true);
      }),
    );
  });

  it("are checked without an error for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => jsonExcess(bytes, { depth: 3, values: 5 })).not.toThrow();
        expect(() => readJson(bytes)).not.toThrow();
      }),
    );
  });

  it("let every document within them be parsed", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const bytes = bytesOf(JSON.stringify(value));
        const same: unknown = JSON.parse(JSON.stringify(value));
        expect(readJson(bytes)).toEqual(same);
        expect(parseJson(bytes, "manifest")).toEqual(same);
      }),
    );
  });
});

describe("a hostile document", () => {
  const brackets = `${"[".repeat(2_000_000)}${"]".repeat(2_000_000)}`;
  it.each([
    ["nested arrays", brackets, /more than 64 levels/],
    ["nested objects", '{"a":'.repeat(500_000), /more than 64 levels/],
    ["very many values", `[${"0,".repeat(1_000_000)}0]`, /more than 250000 values/],
    ["very many empty arrays", `[${"[],".repeat(1_000_000)}0]`, /more than 250000 values/],
  ])("of %s is refused before it is parsed", (_what, text, problem) => {
    expect(() => parseJson(bytesOf(text), "manifest")).toThrow(problem);
    expect(readJson(bytesOf(text))).toBeUndefined();
  });

  it("is refused as a malformed manifest, permanently", () => {
    const bytes = bytesOf(`{"schemaVersion":2,"layers":[],"x":${brackets}}`);
    expect(() => successors(bytes, MediaType.ociManifest)).toThrow(FormatError);
  });

  it("is not one that only has brackets in its strings", () => {
    const text = JSON.stringify({ annotations: { note: '[[[[\\"'.repeat(1_000) } });
    expect(parseJson(bytesOf(text), "manifest")).toEqual(JSON.parse(text));
  });
});
