import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Bytes of the modules that Node compiles when it imports a bundle. */
export function bytesAtStart(entry: string): number {
  return codeAtStart(entry).reduce((bytes, text) => bytes + Buffer.byteLength(text), 0);
}

/** The modules that Node compiles when it imports a bundle: the entry point, and what it imports statically. */
export function codeAtStart(entry: string): readonly string[] {
  const texts = new Map<string, string>();
  const queue = [entry];
  for (const file of queue) {
    if (texts.has(file)) continue;
    const text = readFileSync(file, "utf8");
    texts.set(file, text);
    const imported = text.matchAll(/(?:\bfrom|\bimport)"(\.\/[^"]+\.mjs)"/g);
    queue.push(...[...imported].map(([, path = ""]) => join(dirname(file), path)));
  }
  return [...texts.values()];
}
