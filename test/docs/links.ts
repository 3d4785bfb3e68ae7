import { existsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { anchorsOf, codeOf, proseOf, readDocument } from "./documents.ts";

/** Links of a document that lead nowhere: to a file that does not exist, or to a heading that its file does not have. */
export function brokenLinks(path: string, markdown: string): string[] {
  const targets = [...proseOf(markdown).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)|^\[[^\]]+\]: (\S+)$/gm)].map(
    ([, inline, reference]) => inline ?? reference ?? "",
  );
  return targets.filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(path, markdown, target));
}

function leadsSomewhere(path: string, markdown: string, target: string): boolean {
  const [file = "", anchor] = target.split("#");
  if (file === "") return anchorsOf(markdown).has(anchor ?? "");
  const place = join(dirname(path), file);
  if (!existsSync(place)) return false;
  if (anchor === undefined) return true;
  if (!place.endsWith(".md")) return statSync(place).isFile() && /^L\d+/.test(anchor);
  return anchorsOf(readDocument(place)).has(anchor);
}

/** Links whose text is the name of another file than they lead to. */
export function misnamedLinks(markdown: string): string[] {
  const named = [...proseOf(markdown).matchAll(/\[([\w-]+\.(?:ts|md))\]\(([^)#]+)[^)]*\)/g)];
  return named.filter(([, text, file = ""]) => text !== basename(file)).map(([, text = ""]) => text);
}

const PATH = /^(?:bench|cli|docs|examples|functions|infra|lint|local|src|test)\/[\w./-]+$/;

/** Paths in code type that are no file and no folder of the repository. */
export function missingPaths(markdown: string): string[] {
  return codeOf(markdown).filter((code) => PATH.test(code) && !existsSync(code));
}
