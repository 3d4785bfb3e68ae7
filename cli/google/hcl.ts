/** An expression of HCL as it is written. */
export interface Expression {
  readonly hcl: string;
}

/** What an attribute is set to: a text, a reference or list, or an object with text values. */
type Value = string | Expression | Readonly<Record<string, string>>;

export interface Block {
  /** `resource "type" "name"`, or the name of a nested block. */
  readonly head: string;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly blocks?: readonly Block[];
}

/**
 * Blocks as `terraform fmt` leaves them: two spaces for each depth, and the equals signs of attributes that follow each other in one column
 * (Terraform language, "Style Conventions"). What takes more than one line stands apart.
 */
export function hcl(blocks: readonly Block[]): string {
  return blocks.map((block) => linesOf(block).join("\n")).join("\n\n") + "\n";
}

function linesOf({ head, attributes, blocks = [] }: Block): string[] {
  const entries = Object.entries(attributes);
  const flat = entries.flatMap(([name, value]) => {
    const text = flatText(value);
    return text === undefined ? [] : [[name, text] as const];
  });
  const objects = entries.flatMap(([name, value]) => {
    if (typeof value === "string" || isExpression(value)) return [];
    const members = Object.entries(value).map(([key, each]) => [quoted(key), quoted(each)] as const);
    return [[`${name} = {`, ...indented(aligned(members)), "}"]];
  });
  const groups = [aligned(flat), ...objects, ...blocks.map(linesOf)].filter((group) => group.length > 0);
  const body = groups.flatMap((group, index) => (index === 0 ? group : ["", ...group]));
  return [`${head} {`, ...indented(body), "}"];
}

/** The text of a value of one line; undefined for an object. */
function flatText(value: Value): string | undefined {
  if (typeof value === "string") return quoted(value);
  return isExpression(value) ? value.hcl : undefined;
}

function isExpression(value: Exclude<Value, string>): value is Expression {
  return Object.keys(value).length === 1 && typeof value["hcl"] === "string";
}

function aligned(pairs: readonly (readonly [name: string, text: string])[]): string[] {
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, text]) => `${name.padEnd(width)} = ${text}`);
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}

/** A string of HCL: no quotes, line ends, or templates of its own (Terraform language, "Strings and Templates"). */
export function quoted(value: string): string {
  return `"${literal(value)}"`;
}

/** A string made of literal parts and references: a part is a text, or an expression that is put in. */
export function template(...parts: readonly (string | Expression)[]): Expression {
  const inner = parts.map((part) => (typeof part === "string" ? literal(part) : `\${${part.hcl}}`));
  return { hcl: `"${inner.join("")}"` };
}

function literal(value: string): string {
  return JSON.stringify(value)
    .slice(1, -1)
    .replaceAll(/[$%](?=\{)/g, (sign) => `${sign}${sign}`);
}
