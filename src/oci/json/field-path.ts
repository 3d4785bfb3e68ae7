/** A path in a document as people write it: `["rules", 0, "tags"]` as `rules[0].tags`; empty for the document itself. */
export function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}
