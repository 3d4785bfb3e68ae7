import picomatch from "picomatch";

/** Compiles patterns of repository names or tags: `*` within a path component, `**` across them, `{a,b}`, `?`, `[a-z]`. */
export function compileGlobs(patterns: readonly string[]): (text: string) => boolean {
  return picomatch([...patterns], { dot: true, nonegate: true });
}

/** The longest names, in characters: of repositories (Amazon ECR API, CreateRepository), and of tags (distribution-spec). */
export const LONGEST = { repository: 256, tag: 128 } as const;
/** What one match may take, in steps of the matcher: some tenths of a second. */
const MOST_STEPS = 100_000_000;

/**
 * Why a pattern can match no repository and no tag at all, or takes too long to match, or means something else than it says; undefined when it is well. The
 * first kind would do nothing, and say nothing.
 */
export function globProblem(pattern: string, longest: number = LONGEST.repository): string | undefined {
  return shapeProblem(pattern) ?? meaningProblem(pattern) ?? timeProblem(pattern, longest);
}

function shapeProblem(pattern: string): string | undefined {
  if (/\s/.test(pattern)) return "has white space, which no name has";
  if (/^!(?!\()/.test(pattern)) return "starts with !; patterns say what is taken, not what is left out";
  if (/^\/|\/$|\/\//.test(pattern)) return "has a / at its start or end, or two together, which no name has";
  const isOpen = ["[]", "{}", "()"].some(([open = "", close = ""]) => count(pattern, open) !== count(pattern, close));
  return isOpen ? "has a bracket without its other half" : undefined;
}

function meaningProblem(pattern: string): string | undefined {
  if (pattern.includes("+")) return "has a +, which no name has, and repetitions of groups are not taken";
  if (/\*\(/.test(pattern)) return "has a repetition of a group; name what may stand there, or write *";
  if (/\{(?:[^{},]{2,}\.\.|[^{},]*\.\.[^{},]{2,})[^{},]*\}/.test(pattern)) {
    return "has a range of more than single characters; write {a,b} or [0-9]";
  }
  if (/[{([][^})\]]*\{[^{},]*\.\.[^{},]*\}/.test(pattern)) return "has a range within a group; write [a-c] there";
  return undefined;
}

/**
 * A matcher tries every way to share n characters among k wildcards, about n^k / k!, and that for every choice of alternatives: with 3 wildcards it
 * is 20 milliseconds for the longest name of a repository, with 5 it is 14 seconds.
 */
function timeProblem(pattern: string, longest: number): string | undefined {
  const wildcards = competingWildcards(pattern);
  const choices = choicesOf(pattern);
  let steps = choices;
  for (let each = 1; each <= wildcards; each++) steps *= longest / each;
  if (steps <= MOST_STEPS) return undefined;
  return `has ${wildcards} wildcards and ${choices} choices of alternatives that compete for the same part of a name, which takes too long to match; write fewer, or several patterns`;
}

/** In how many ways the alternatives of all groups can be chosen. */
function choicesOf(pattern: string): number {
  const open: number[] = [];
  let choices = 1;
  for (const [index, character] of Array.from(pattern).entries()) {
    if (character === "{" || character === "(") open.push(pattern[index - 1] === "?" ? 2 : 1);
    else if (character === "," || character === "|") open.push((open.pop() ?? 0) + 1);
    else if (character === "}" || character === ")") choices *= Math.max(open.pop() ?? 1, 1);
  }
  return choices;
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
