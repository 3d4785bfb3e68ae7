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
  const problems = document.errors.map(({ message, pos }) => ({ ...place(pos[0]), text: message }));
  const read = problems.length > 0 ? undefined : valueOf(document);
  return {
    value: read?.value,
    problems: read?.problem === undefined ? problems : [{ line: 1, column: 1, text: read.problem }],
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

/** Aliases are resolved only here: one may name nothing, stand for too many values, or for what contains it. */
function valueOf(document: ReturnType<typeof parseDocument>): { readonly value?: unknown; readonly problem?: string } {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    // Throws for a value that contains itself.
    JSON.stringify(value);
    return { value };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : "its aliases cannot be resolved" };
  }
}

/** `rules[0].as` as its keys, `["rules", 0, "as"]`. */
function keysOf(field: string): (string | number)[] {
  return [...field.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([name, index]) =>
    index === undefined ? name : Number(index),
  );
}
