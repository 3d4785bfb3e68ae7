import { describe, expect, it } from "vitest";
import { DOCUMENTS, readDocument } from "./documents.ts";
import { brokenLinks, misnamedLinks, missingPaths } from "./links.ts";

describe("links of the documents", () => {
  it("are looked at in all of them", () => {
    expect(DOCUMENTS).toEqual(
      expect.arrayContaining(["README.md", "SECURITY.md", "bench/README.md", "docs/README.md", "docs/use/deploy.md"]),
    );
  });

  it("lead from the index to every page but the single decisions", () => {
    const linked = [...readDocument("docs/README.md").matchAll(/\]\(([^)]+\.md)\)/g)].map(
      ([, page = ""]) => `docs/${page}`,
    );
    const pages = DOCUMENTS.filter((path) => /^docs\/(?!decisions\/|README)/.test(path));
    expect(pages.length).toBeGreaterThan(20);
    expect(pages.filter((page) => !linked.includes(page))).toEqual([]);
  });

  it.each(DOCUMENTS)("lead to files and headings that exist: %s", (path) => {
    expect(brokenLinks(path, readDocument(path))).toEqual([]);
  });

  it.each(DOCUMENTS)("have the name of the file they lead to, if any: %s", (path) => {
    expect(misnamedLinks(readDocument(path))).toEqual([]);
  });

  it.each(DOCUMENTS)("and paths in code type exist: %s", (path) => {
    expect(missingPaths(readDocument(path))).toEqual([]);
  });

  it("are found out when they are wrong", () => {
    const text = [
      "# One heading",
      "[right](LICENSE), [right](README.md#limits), [right](#one-heading), [right](https://example.com/missing)",
      "[a](missing.md), [b](README.md#missing), [c](#missing), [d](LICENSE#limits), `[e](missing.md)`",
      "[f]: docs/missing.md",
    ].join("\n\n");
    expect(brokenLinks("x.md", text)).toEqual([
      "missing.md",
      "README.md#missing",
      "#missing",
      "LICENSE#limits",
      "docs/missing.md",
    ]);
    expect(misnamedLinks("[old.ts](src/new.ts), [new.ts](src/new.ts#L1), [words](src/new.ts)")).toEqual(["old.ts"]);
    expect(missingPaths("`src/oci`, `src/missing.ts`, `src/oci/digest.ts`, `docs/*`")).toEqual(["src/missing.ts"]);
  });
});
