import picomatch from "picomatch";

/**
 * Compiles patterns of repository names or tags: `*` within a path component, `**` across them, `{a,b}`, `?`, `[a-z]`. Names without
 * wildcards are looked up: a large configuration consists of these.
 */
export function compileGlobs(patterns: readonly string[]): (text: string) => boolean {
  const isName = (pattern: string): boolean => !isGlob(pattern) && !pattern.startsWith("./");
  const names = new Set(patterns.filter(isName));
  const globs = patterns.filter((pattern) => !isName(pattern));
  if (globs.length === 0) return (text) => names.has(text);
  const matchesGlob = picomatch(globs, { dot: true, nonegate: true });
  return (text) => names.has(text) || matchesGlob(text);
}

/** The longest names, in characters: of repositories (Amazon ECR API, CreateRepository), and of tags (distribution-spec). */
export const LONGEST = { repository: 256, tag: 128 } as const;
/** Limit for one match, in steps of the matcher: some tenths of a second. */
const MOST_STEPS = 100_000_000;

/** Limit for the combinations of alternatives, each of which takes many steps. */
const MOST_CHOICES = 1_000_000;

/**
 * Why a pattern is refused: it can match no name at all, takes too long to match, or means something else than it appears to. Undefined
 * for a valid pattern. Without this check, a pattern that matches nothing would be ignored silently.
 */
export function globProblem(pattern: string, longest: number = LONGEST.repository): string | undefined {
  return shapeProblem(pattern) ?? meaningProblem(pattern) ?? timeProblem(pattern, longest);
}

function shapeProblem(pattern: string): string | undefined {
  if (/\s/.test(pattern)) return "contains white space, which no name has";
  if (/^!(?!\()/.test(pattern)) return "starts with !; patterns select names, they do not exclude them";
  if (/^\/|\/$|\/\//.test(pattern)) return "starts or ends with /, or contains //, which no name does";
  const isUnbalanced = ["[]", "{}", "()"].some(
    ([open = "", close = ""]) => count(pattern, open) !== count(pattern, close),
  );
  return isUnbalanced ? "has an unbalanced bracket" : undefined;
}

function meaningProblem(pattern: string): string | undefined {
  if (pattern.includes("+")) return "contains +, which no name has; repetitions of groups are not supported";
  if (/\*\(/.test(pattern)) return "has a repetition of a group; list the alternatives, or write *";
  if (/\{(?:[^{},]{2,}\.\.|[^{},]*\.\.[^{},]{2,})[^{},]*\}/.test(pattern)) {
    return "has a range of several characters; write {a,b} or [0-9]";
  }
  if (/[{([][^})\]]*\{[^{},]*\.\.[^{},]*\}/.test(pattern)) return "has a range inside a group; write [a-c]";
  return undefined;
}

/**
 * A matcher tries every way to distribute n characters over k wildcards, about n^k / k!, for every combination of alternatives: for the
 * longest repository name, 3 wildcards take 20 milliseconds and 5 take 14 seconds.
 */
function timeProblem(pattern: string, longest: number): string | undefined {
  const wildcards = competingWildcards(pattern);
  const choices = choicesOf(pattern);
  let steps = choices;
  for (let each = 1; each <= wildcards; each++) steps *= longest / each;
  if (steps <= MOST_STEPS && choices <= MOST_CHOICES) return undefined;
  return `has ${wildcards} wildcards and ${choices} combinations of alternatives in one part of a name, which takes too long to match; use fewer, or several patterns`;
}

/** The number of combinations of all alternatives. */
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

/** The most wildcards in one path component, plus all `**`. A group is part of its component. */
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

/** True when the pattern contains a character that picomatch may treat specially. */
export function isGlob(pattern: string): boolean {
  return /[*?[\]{}()!+@\\]/.test(pattern);
}
