import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const glossary = new URL("../../docs/understand/glossary.md", import.meta.url);

interface Row {
  /** The words in code type in the first column: they must stand in the file. */
  readonly names: readonly string[];
  readonly links: readonly string[];
}

const rows: readonly Row[] = readFileSync(glossary, "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| Word "))
  .map((line) => ({
    names: [...(line.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].flatMap(([, name]) => name ?? []),
    links: [...line.matchAll(/\]\(([^)]+)\)/g)].flatMap(([, link]) => link ?? []),
  }));

describe("the glossary", () => {
  it("has the words of the code", () => {
    expect(rows.length).toBeGreaterThan(40);
    const words = rows.flatMap(({ names }) => names);
    expect(words).toEqual(expect.arrayContaining(["Descriptor", "CopyRequest", "TagRecord", "Checkpoint"]));
    expect(new Set(words).size).toBe(words.length);
  });

  it.each(rows)("sends the reader of $names to a file that has them", ({ names, links }) => {
    const file = links.at(-1) ?? "";
    const path = new URL(file, glossary);
    expect(existsSync(path), `${file} does not exist`).toBe(true);
    expect(names).not.toEqual([]);
    for (const name of names) expect(name).toMatch(/^[\w"]+$/);
    const words = readFileSync(path, "utf8");
    for (const name of names) expect(words).toMatch(new RegExp(`(?<!\\w)${name}(?!\\w)`));
  });

  it("links to specifications only by https", () => {
    const outside = rows.flatMap(({ links }) => links.slice(0, -1));
    expect(outside.length).toBeGreaterThan(20);
    for (const link of outside) expect(new URL(link).protocol).toBe("https:");
  });
});
