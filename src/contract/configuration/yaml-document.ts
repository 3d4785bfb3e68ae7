import { isNode, LineCounter, parseDocument } from "yaml";

/** What is wrong with a document, and where; both counts begin at 1. */
export interface YamlProblem {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** A document that a person wrote: YAML, of which JSON is a part. */
export interface YamlDocument {
  readonly value: unknown;
  /** What keeps it from being YAML. */
  readonly problems: readonly YamlProblem[];
  /** `line 3, column 5` of a field such as `rules[0].as`, or of the nearest one around it that is written. */
  readonly positionOf: (field: string) => string;
}

export function parseYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  return {
    value: document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 }),
    problems: document.errors.map(({ message, pos }) => ({ ...place(pos[0]), text: message })),
    positionOf(field) {
      const path = keysOf(field);
      for (let length = path.length; length >= 0; length--) {
        const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
        if (!isNode(node) || !node.range) continue;
        const { line, column } = place(node.range[0]);
        return `line ${line}, column ${column}`;
      }
      return "line 1, column 1";
    },
  };
}

/** `rules[0].as` as the keys it is made of. */
function keysOf(field: string): (string | number)[] {
  return [...field.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([name, index]) =>
    index === undefined ? name : Number(index),
  );
}
