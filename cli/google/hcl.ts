/** An HCL expression, written without quotes. */
export interface Expression {
  readonly hcl: string;
}

/** The value of an attribute: a string, an expression, or an object of strings. */
type Value = string | Expression | Readonly<Record<string, string>>;

export interface Block {
  /** `resource "type" "name"`, or the type of a nested block. */
  readonly head: string;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly blocks?: readonly Block[];
}

/**
 * Formats blocks as `terraform fmt` does: two spaces per level, the equals signs of consecutive attributes aligned, and blank lines
 * around multi-line values (Terraform language, "Style Conventions").
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

/** A single-line value as text; undefined for an object. */
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

/** A quoted HCL string. Quotes, newlines and template markers are escaped (Terraform language, "Strings and Templates"). */
export function quoted(value: string): string {
  return `"${literal(value)}"`;
}

/** A quoted template: string parts are literal, expressions are interpolated. */
export function template(...parts: readonly (string | Expression)[]): Expression {
  const inner = parts.map((part) => (typeof part === "string" ? literal(part) : `\${${part.hcl}}`));
  return { hcl: `"${inner.join("")}"` };
}

function literal(value: string): string {
  return JSON.stringify(value)
    .slice(1, -1)
    .replaceAll(/[$%](?=\{)/g, (sign) => `${sign}${sign}`);
}
