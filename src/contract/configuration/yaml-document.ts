import { isNode, LineCounter, parseDocument } from "yaml";

/** A syntax error and its position; line and column start at 1. */
export interface YamlProblem {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** A parsed YAML document; JSON is YAML, too. */
export interface YamlDocument {
  readonly value: unknown;
  /** Syntax errors; with any, the value is undefined. */
  readonly problems: readonly YamlProblem[];
  /** `line 3, column 5` of a field such as `rules[0].as`, or of its nearest ancestor in the document. */
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

/** `rules[0].as` as its keys, `["rules", 0, "as"]`. */
function keysOf(field: string): (string | number)[] {
  return [...field.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([name, index]) =>
    index === undefined ? name : Number(index),
  );
}
