import { describe, expect, it } from "vitest";
import { sharedPlaces } from "../../../src/contract/configuration/shared-places.ts";

const place = (name: string, registry: string, prefix: string) => ({ name, access: { registry }, prefix });

describe("two destinations", () => {
  it.each([
    ["the same place", place("b", "gcr.io", "p/r")],
    ["the same place by another spelling of the host", place("b", "GCR.io:443", "p/r")],
    ["a place inside the other", place("b", "gcr.io", "p/r/team")],
    ["a place around the other", place("b", "gcr.io", "p")],
  ])("must not be %s", (_, other) => {
    const [problem, ...more] = sharedPlaces([place("a", "gcr.io", "p/r"), other]);
    expect(problem).toMatch(/^destinations\[1\]: "b" .*"a"/);
    expect(more).toEqual([]);
  });

  it.each([
    ["side by side", place("b", "gcr.io", "p/r2")],
    ["named alike in another registry", place("b", "us.gcr.io", "p/r")],
    ["at another port", place("b", "gcr.io:5000", "p/r")],
  ])("may be %s", (_, other) => {
    expect(sharedPlaces([place("a", "gcr.io", "p/r"), other])).toEqual([]);
  });
});
