import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Folders whose Markdown files are documents of the project, and whether their folders are read, too. */
const FOLDERS = [
  [".", false],
  [".github", true],
  ["bench", true],
  ["docs", true],
] as const;

/** Paths of all documents, from the root of the repository. */
export const DOCUMENTS: readonly string[] = FOLDERS.flatMap(([folder, recursive]) =>
  readdirSync(folder, { recursive, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
).toSorted();

export function readDocument(path: string): string {
  return readFileSync(path, "utf8");
}

const FENCE = /^```(\w*)\n(.*?)^```$/gms;
const INDENTED = /^ {4,}(?![-*|] )(.+)$/gm;
const INLINE = /`([^`\n]+)`/g;

/** The text without fenced blocks and code in line: what a reader sees as prose. */
export function proseOf(markdown: string): string {
  return markdown.replaceAll(FENCE, "").replaceAll(INLINE, "");
}

/** Everything in code type, line by line. Blocks of `console` are left out: the tests of the command run them. */
export function codeOf(markdown: string): string[] {
  const blocks = [...markdown.matchAll(FENCE)].filter(([, language]) => language !== "console");
  const outside = markdown.replaceAll(FENCE, "");
  return [
    ...blocks.flatMap(([, , block = ""]) => block.split("\n")),
    ...[...outside.matchAll(INDENTED)].map(([, line = ""]) => line),
    ...[...outside.matchAll(INLINE)].map(([, code = ""]) => code),
  ].map((line) => line.trim());
}

/** Anchors of the headings, as GitHub makes them. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const headings = [...markdown.replaceAll(FENCE, "").matchAll(/^#{1,6} (.+)$/gm)];
  return new Set(
    headings.map(([, heading = ""]) => {
      const slug = heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-");
      const before = seen.get(slug) ?? 0;
      seen.set(slug, before + 1);
      return before === 0 ? slug : `${slug}-${before}`;
    }),
  );
}
