import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/oci/format-error.ts";
import { formatReference, isRegistryHost, isRepositoryName, isTag, parseReference } from "../../src/oci/reference.ts";

const digest = `sha256:${"b".repeat(64)}`;

describe("a reference", () => {
  it.each([
    ["gcr.io/p/app:v1", { registry: "gcr.io", name: "p/app", tag: "v1", digest: undefined }],
    ["127.0.0.1:5000/app", { registry: "127.0.0.1:5000", name: "app", tag: undefined, digest: undefined }],
    [`localhost:5000/a/b-c__d.e@${digest}`, { registry: "localhost:5000", name: "a/b-c__d.e", tag: undefined, digest }],
    [`r.io/a:v1@${digest}`, { registry: "r.io", name: "a", tag: "v1", digest }],
    ["[::1]:5000/app:v1", { registry: "[::1]:5000", name: "app", tag: "v1", digest: undefined }],
  ])("is read from %s, and written back the same", (text, expected) => {
    const reference = parseReference(text);
    expect(reference).toEqual(expected);
    expect(formatReference(reference)).toBe(text);
  });

  it.each([
    "app:v1",
    "/app:v1",
    "r.io/",
    "r.io/App",
    "r.io/a//b",
    "r.io/../b",
    "r.io/a:",
    "r.io/a:v 1",
    "r.io/a:-v1",
    `r.io/a:${"x".repeat(129)}`,
    "r.io/a@sha256:short",
    `r.io/a@${digest}@${digest}`,
    "https://r.io/a:v1",
    "user@r.io/a:v1",
    "r.io:99999/a",
    "r.io/a\r\nHost: evil",
    `r.io/${"a/".repeat(130)}a`,
    "r..io/a",
    "-r.io/a",
  ])("is not %j", (text) => {
    expect(() => parseReference(text)).toThrow(FormatError);
  });

  it("never holds a character that could leave its place in a URL or header", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        return !(isRepositoryName(text) || isTag(text)) || /^[A-Za-z0-9._/-]+$/.test(text);
      }),
      { seed: 2, numRuns: 2_000 },
    );
    expect(isRepositoryName("a/../b")).toBe(false);
    expect(isRegistryHost("evil.test/gcr.io")).toBe(false);
  });
});
