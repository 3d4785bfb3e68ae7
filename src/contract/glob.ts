import picomatch from "picomatch";

/** Compiles patterns of repository names or tags: `*` within a path component, `**` across them, `{a,b}`, `?`, `[a-z]`. */
export function compileGlobs(patterns: readonly string[]): (text: string) => boolean {
  return picomatch([...patterns], { dot: true, nonegate: true });
}

/**
 * How many wildcards of one pattern may compete for the same characters. A matcher tries every way to share n characters among k of them,
 * about n^k / k!: with 3 that is 20 milliseconds for the longest repository name (256 characters), with 5 it is 14 seconds. Tags have half the length.
 */
export const MOST_WILDCARDS = { repository: 3, tag: 4 } as const;

/**
 * Why a pattern can match no repository and no tag at all, or takes too long to match, or means something else than it says; undefined when it is well. The
 * first kind would do nothing, and say nothing.
 */
export function globProblem(pattern: string, most: number = MOST_WILDCARDS.repository): string | undefined {
  return shapeProblem(pattern) ?? meaningProblem(pattern, most);
}

function shapeProblem(pattern: string): string | undefined {
  if (/\s/.test(pattern)) return "has white space, which no name has";
  if (/^!(?!\()/.test(pattern)) return "starts with !; patterns say what is taken, not what is left out";
  if (/^\/|\/$|\/\//.test(pattern)) return "has a / at its start or end, or two together, which no name has";
  const isOpen = ["[]", "{}", "()"].some(([open = "", close = ""]) => count(pattern, open) !== count(pattern, close));
  return isOpen ? "has a bracket without its other half" : undefined;
}

function meaningProblem(pattern: string, most: number): string | undefined {
  if (pattern.includes("+")) return "has a +, which no name has, and repetitions of groups are not taken";
  if (/\*\(/.test(pattern)) return "has a repetition of a group; name what may stand there, or write *";
  if (/\{(?:[^{},]{2,}\.\.|[^{},]*\.\.[^{},]{2,})[^{},]*\}/.test(pattern)) {
    return "has a range of more than single characters; write {a,b} or [0-9]";
  }
  const wildcards = competingWildcards(pattern);
  if (wildcards <= most) return undefined;
  return `has ${wildcards} wildcards that compete for the same part of a name, and ${most} are taken; more take too long to match`;
}

/** Wildcards of the component that has most of them, and those that stand for whole components. What is in a group is part of its component. */
function competingWildcards(pattern: string): number {
  let depth = 0;
  const components = [""];
  for (const character of pattern) {
    if ("{([".includes(character)) depth++;
    if ("})]".includes(character)) depth--;
    if (character === "/" && depth === 0) components.push("");
    else components.push(`${components.pop() ?? ""}${character}`);
  }
  const across = components.filter((component) => component === "**").length;
  const within = components.map((component) =>
    component === "**" ? 0 : count(component.replaceAll(/\*+|!\(/g, "*"), "*"),
  );
  return across + Math.max(...within);
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** True when the pattern can match more than itself. */
export function isGlob(pattern: string): boolean {
  return /[*?[\]{}()!+@\\]/.test(pattern);
}
